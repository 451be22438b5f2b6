//! What every story needs: the real binary in processes that do not outlive the test, and where they are.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// A process that does not outlive the test.
pub struct Process(pub Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

pub fn harmony(data: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_harmony"));
    command.current_dir(data).stdin(Stdio::null()).env("HARMONY_LOG", "error");
    command
}

pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// A folder beside the checkout, where the collection of real meetings or descriptions may be.
pub fn shared(name: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared").join(name);
    path.is_dir().then(|| path.canonicalize().unwrap())
}

/// Starts it, and answers the first line that it prints.
pub fn start(mut command: Command) -> (Process, String) {
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    (Process(child), line)
}

/// The emulated tools in a process of their own, and their address.
pub fn start_sandbox(data: &Path, hub_port: u16) -> (Process, String) {
    let mut command = harmony(data);
    command.args(["sandbox", "--listen", "127.0.0.1:0", "--redirect-uri", &format!("http://127.0.0.1:{hub_port}/connect/callback")]);
    if let Some(specs) = shared("specs") {
        command.env("HARMONY_SPECS", specs);
    }
    let (process, line) = start(command);
    let address = line.split_whitespace().find(|word| word.starts_with("http://")).unwrap().trim_end_matches(',').to_owned();
    (process, address)
}
