//! Processes of the run: started, asked by HTTP whether they are ready, measured through `/proc` (proc(5)), and ended.

use std::fs;
use std::process::{ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use url::Url;

/// Linux counts CPU time for user space in hundredths of a second (time(7), `USER_HZ`).
const TICK: Duration = Duration::from_millis(10);
/// Longer than anything takes to become ready.
const PATIENCE: Duration = Duration::from_secs(30);
/// Between two looks at a process that is starting.
const LOOK: Duration = Duration::from_micros(500);

/// A process under way; killed when dropped.
#[derive(Debug)]
pub struct Process {
    name: &'static str,
    pub child: Child,
    id: u32,
}

/// What a process holds of the machine's memory, in bytes.
#[derive(Debug, Clone, Copy)]
pub struct Memory {
    /// The most since its start (`VmHWM`).
    pub peak: u64,
    /// At this moment (`VmRSS`).
    pub now: u64,
}

impl Process {
    /// Starts it; what it prints is kept from the screen, its complaints are not.
    pub fn start(name: &'static str, command: &mut Command) -> Result<Self> {
        let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true).spawn();
        let child = child.with_context(|| format!("{name} cannot be started"))?;
        let id = child.id().with_context(|| format!("{name} ended at once"))?;
        Ok(Self { name, child, id })
    }

    /// Waits until this address answers 200.
    pub async fn ready(&mut self, client: &reqwest::Client, url: &Url) -> Result<()> {
        let begun = Instant::now();
        let place = url.socket_addrs(|| None)?;
        while begun.elapsed() < PATIENCE {
            if let Some(status) = self.child.try_wait()? {
                bail!("{} ended before it was ready ({status})", self.name);
            }
            // A bare connection first: a refused one costs next to nothing.
            let listens = TcpStream::connect(&place[..]).await.is_ok();
            if listens && client.get(url.clone()).send().await.is_ok_and(|answer| answer.status().is_success()) {
                return Ok(());
            }
            tokio::time::sleep(LOOK).await;
        }
        bail!("{} is not ready after {} s", self.name, PATIENCE.as_secs())
    }

    /// CPU time since its start, in user space and in the kernel, of all its threads.
    pub fn cpu(&self) -> Result<Duration> {
        let text = fs::read_to_string(format!("/proc/{}/stat", self.id)).with_context(|| format!("{} is not measured", self.name))?;
        cpu_ticks(&text).map(|ticks| TICK * ticks).with_context(|| format!("{}'s stat does not read", self.name))
    }

    /// Its memory.
    pub fn memory(&self) -> Result<Memory> {
        let text = fs::read_to_string(format!("/proc/{}/status", self.id)).with_context(|| format!("{} is not measured", self.name))?;
        let field = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)?.trim().trim_end_matches(" kB").parse::<u64>().ok());
        let memory = field("VmHWM:").zip(field("VmRSS:")).map(|(peak, now)| Memory { peak: peak << 10, now: now << 10 });
        memory.with_context(|| format!("{}'s status does not read", self.name))
    }

    /// Asks it to end, and waits until it has.
    pub async fn end(mut self) -> Result<ExitStatus> {
        let asked = Command::new("kill").args(["-TERM", &self.id.to_string()]).status().await?;
        ensure!(asked.success(), "{} cannot be asked to end", self.name);
        Ok(self.child.wait().await?)
    }
}

/// `utime` and `stime`, the 14th and 15th field; the second is the name in brackets, which may hold anything.
fn cpu_ticks(stat: &str) -> Option<u32> {
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let tick = |number: usize| fields.get(number - 3)?.parse::<u32>().ok();
    Some(tick(14)? + tick(15)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cpu_time_is_read_behind_any_name() {
        let stat = "7 (a) b (c) S 1 7 7 0 -1 4194304 90 0 0 0 120 30 0 0 20 0 1 0 55 1000 90";
        assert_eq!(cpu_ticks(stat), Some(150));
        assert_eq!(cpu_ticks("7"), None);
    }

    #[test]
    fn this_process_has_a_memory() {
        let text = fs::read_to_string("/proc/self/status").unwrap();
        assert!(text.contains("VmHWM:") && text.contains("VmRSS:"));
    }
}
