//! What the application can reach, in one struct.

use std::sync::Arc;

use sync::Hub;

use crate::throttle::Throttle;

/// How the server behaves; from the operator's configuration.
#[derive(Debug, Clone, Copy, Default)]
pub struct ServerOptions {
    /// A proxy in front sets `X-Forwarded-For`.
    pub behind_proxy: bool,
}

/// The application. Cheap to clone.
#[derive(Clone)]
pub struct App {
    hub: Hub,
    options: Arc<ServerOptions>,
    throttle: Arc<Throttle>,
}

impl App {
    /// Puts it together.
    pub fn new(hub: Hub, options: ServerOptions) -> Self {
        Self { hub, options: Arc::new(options), throttle: Arc::default() }
    }

    /// The engine.
    pub const fn hub(&self) -> &Hub {
        &self.hub
    }

    /// The operator's choices.
    pub fn options(&self) -> &ServerOptions {
        &self.options
    }

    /// Failed sign-ins.
    pub fn throttle(&self) -> &Throttle {
        &self.throttle
    }

    /// Whether browsers reach the hub by HTTPS; then cookies are sent by HTTPS alone, under the `__Host-` prefix.
    pub fn is_secure(&self) -> bool {
        self.hub.public_url().scheme() == "https"
    }
}
