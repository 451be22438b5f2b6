//! One line that names the machine, and says how busy it was.

use std::fs;

/// Processor, cores, memory, kernel and the load of the last minute, as Linux tells them; `?` where it does not.
pub fn line() -> String {
    let field = |file: &str, name: &str| {
        let text = fs::read_to_string(file).ok()?;
        let line = text.lines().find(|line| line.starts_with(name))?;
        Some(line.split_once(':')?.1.trim().to_owned())
    };
    let unknown = || "?".to_owned();
    let processor = field("/proc/cpuinfo", "model name").unwrap_or_else(unknown);
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let memory = field("/proc/meminfo", "MemTotal").and_then(|text| text.split_whitespace().next()?.parse::<u64>().ok());
    let memory = memory.map_or_else(unknown, |kilobytes| format!("{} GB", kilobytes.div_ceil(1 << 20)));
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").map_or_else(|_| unknown(), |text| text.trim().to_owned());
    let load = fs::read_to_string("/proc/loadavg").ok().and_then(|text| Some(text.split_whitespace().next()?.to_owned()));
    format!("{processor}, {cores} cores, {memory}, Linux {kernel}; load {}", load.unwrap_or_else(unknown))
}
