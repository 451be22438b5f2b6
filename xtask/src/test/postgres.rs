//! A PostgreSQL server for the tests: a folder and a port of its own, gone at the end however the run ends.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, ChildStdin, Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::command;

/// The oldest version that Harmony runs on.
pub const OLDEST: u32 = 15;

/// Where Debian keeps each version's programs; elsewhere they are on the search path.
const DEBIAN: &str = "/usr/lib/postgresql";

/// What a folder must hold to be taken.
const PROGRAMS: [&str; 4] = ["initdb", "pg_ctl", "postgres", "psql"];

/// The owner of the databases, in PostgreSQL's own terms.
const OWNER: &str = "harmony";

/// What the server says when it takes connections (its language is fixed by `LC_ALL`).
const READY: &str = "database system is ready to accept connections";

/// The folder of a PostgreSQL that is new enough.
pub struct Programs(PathBuf);

impl Programs {
    /// The newest at hand.
    pub fn find() -> Result<Self> {
        let found = folders().into_iter().filter_map(|folder| Some((version(&folder)?, folder)));
        match found.max_by_key(|(version, _)| *version) {
            Some((version, folder)) if version >= OLDEST => Ok(Self(folder)),
            Some((version, _)) => bail!("PostgreSQL {OLDEST} or later is needed; the newest here is {version}"),
            None => bail!("PostgreSQL {OLDEST} or later is needed, and there is none (run `cargo xtask test`, which installs it)"),
        }
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.0.join(program));
        command.env("LC_ALL", "C").stdin(Stdio::null());
        command
    }
}

fn folders() -> Vec<PathBuf> {
    let debian = fs::read_dir(DEBIAN).into_iter().flatten().flatten().map(|entry| entry.path().join("bin"));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let whole = |folder: &PathBuf| PROGRAMS.iter().all(|program| folder.join(program).is_file());
    std::env::split_paths(&path).chain(debian).filter(whole).collect()
}

fn version(folder: &Path) -> Option<u32> {
    let said = command::text(Command::new(folder.join("postgres")).arg("--version")).ok()?;
    major(&said)
}

/// `postgres (PostgreSQL) 15.14 (Debian …)`
fn major(said: &str) -> Option<u32> {
    let number = said.split("(PostgreSQL) ").nth(1)?;
    number.split(|sign: char| !sign.is_ascii_digit()).next()?.parse().ok()
}

pub fn is_root() -> bool {
    id(&["-u"]) == Some(0)
}

fn id(arguments: &[&str]) -> Option<u32> {
    command::text(Command::new("id").args(arguments)).ok()?.trim().parse().ok()
}

/// PostgreSQL refuses to run as root; then it runs as `postgres`, which its package made, else as `nobody`.
#[derive(Clone, Copy)]
struct Account {
    user: u32,
    group: u32,
}

impl Account {
    fn to_run_as() -> Result<Option<Self>> {
        if !is_root() {
            return Ok(None);
        }
        let of = |name| Some(Self { user: id(&["-u", name])?, group: id(&["-g", name])? });
        let account = of("postgres").or_else(|| of("nobody"));
        account.map(Some).context("PostgreSQL does not run as root, and there is neither `postgres` nor `nobody` to run it as")
    }
}

/// A running server. Dropped, it is stopped and its folder removed.
struct Server {
    programs: Programs,
    account: Option<Account>,
    folder: PathBuf,
    port: u16,
    process: Option<Child>,
}

impl Server {
    fn start() -> Result<Self> {
        let (programs, account) = (Programs::find()?, Account::to_run_as()?);
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        let folder = std::env::temp_dir().join(format!("harmony-postgres-{}-{port}", std::process::id()));
        fs::create_dir(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let mut server = Self { programs, account, folder, port, process: None };
        if let Some(account) = account {
            std::os::unix::fs::chown(&server.folder, Some(account.user), Some(account.group)).context("cannot hand the folder over")?;
        }
        command::text(server.command("initdb").args(["--no-sync", "--auth=trust", "--encoding=UTF8", "--locale=C", "--username", OWNER]))?;
        server.serve()?;
        Ok(server)
    }

    /// A program of PostgreSQL on our data, as the right user, in a folder which that user may enter.
    fn command(&self, program: &str) -> Command {
        let mut command = self.programs.command(program);
        command.current_dir(&self.folder).arg("-D").arg(self.folder.join("data"));
        if let Some(account) = self.account {
            command.uid(account.user).gid(account.group);
        }
        command
    }

    fn serve(&mut self) -> Result<()> {
        let mut command = self.command("postgres");
        command.arg("-k").arg(&self.folder).arg("-p").arg(self.port.to_string());
        command.args(["-c", "listen_addresses=127.0.0.1", "-c", "fsync=on", "-c", "max_connections=200"]);
        let mut process = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().context("cannot start postgres")?;
        let log = process.stderr.take().context("its log was asked for")?;
        self.process = Some(process);
        wait_until_ready(BufReader::new(log))
    }

    fn url(&self) -> String {
        format!("postgres://{OWNER}@127.0.0.1:{}/postgres", self.port)
    }

    fn stop(&mut self) {
        let Some(mut process) = self.process.take() else { return };
        if !command::succeeds(self.command("pg_ctl").args(["stop", "--mode=fast", "--wait"])) && process.kill().is_err() {
            eprintln!("the PostgreSQL server {} could not be stopped", process.id());
        }
        if let Err(error) = process.wait() {
            eprintln!("the PostgreSQL server {} did not end: {error}", process.id());
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
        if let Err(error) = fs::remove_dir_all(&self.folder) {
            eprintln!("{} could not be removed: {error}", self.folder.display());
        }
    }
}

/// Reads the log up to the good news; what comes later is read too, so that the server never waits for a reader.
fn wait_until_ready(mut log: BufReader<ChildStderr>) -> Result<()> {
    let mut said = String::new();
    loop {
        let before = said.len();
        if log.read_line(&mut said)? == 0 {
            bail!("postgres ended instead of starting:\n{}", said.trim_end());
        }
        if said[before..].contains(READY) {
            break;
        }
    }
    std::thread::spawn(move || std::io::copy(&mut log, &mut std::io::sink()));
    Ok(())
}

/// The hidden subcommand: a server that lasts as long as standard input; its address is the one line printed.
pub fn hold() -> Result<()> {
    let server = Server::start()?;
    println!("{}", server.url());
    std::io::stdout().flush()?;
    std::io::copy(&mut std::io::stdin(), &mut std::io::sink())?;
    Ok(())
}

/// A server kept by a second process of ours, which outlives us for as long as it takes to clean up. So an interrupted
/// or killed run leaves neither server nor folder behind: its end closes the keeper's standard input.
pub struct Held {
    url: String,
    keeper: Child,
    end: Option<ChildStdin>,
}

impl Held {
    pub fn start() -> Result<Self> {
        // A process group of its own: the terminal's interrupt ends us, not the one who cleans up.
        let mut keeper =
            Command::new(own_program()?).arg("hold-postgres").process_group(0).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let end = keeper.stdin.take();
        let mut said = String::new();
        BufReader::new(keeper.stdout.take().context("its standard output was asked for")?).read_line(&mut said)?;
        if said.is_empty() {
            let status = keeper.wait()?;
            bail!("PostgreSQL's keeper ended ({status})");
        }
        Ok(Self { url: said.trim().to_owned(), keeper, end })
    }

    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        drop(self.end.take());
        if let Err(error) = self.keeper.wait() {
            eprintln!("PostgreSQL's keeper did not end: {error}");
        }
    }
}

/// This program's file. The build step may have replaced it since this process began; Linux then adds a remark to the name
/// (proc(5), `/proc/pid/exe`), and the new file stands at the old place.
fn own_program() -> Result<PathBuf> {
    let path = std::env::current_exe()?;
    let replaced = path.to_str().and_then(|name| name.strip_suffix(" (deleted)")).map(PathBuf::from);
    Ok(replaced.unwrap_or(path))
}

#[cfg(test)]
mod tests {
    use std::net::TcpStream;

    use super::*;

    #[test]
    fn a_server_starts_answers_and_leaves_nothing_behind() {
        let server = Server::start().unwrap();
        let (folder, port) = (server.folder.clone(), server.port);
        let answer = command::text(server.programs.command("psql").args(["--no-psqlrc", "-Atc", "show fsync", &server.url()])).unwrap();
        assert_eq!(answer.trim(), "on");
        drop(server);
        assert!(TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err(), "the port is free again");
        assert!(!folder.exists(), "the folder is gone");
    }

    #[test]
    fn a_start_that_fails_says_why_and_leaves_nothing_behind() {
        let mut server = Server::start().unwrap();
        let folder = server.folder.clone();
        server.stop();
        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, server.port)).unwrap();
        let error = server.serve().unwrap_err().to_string();
        assert!(error.contains("could not create any TCP/IP sockets"), "{error}");
        drop((server, taken));
        assert!(!folder.exists());
    }

    #[test]
    fn versions_are_read() {
        assert_eq!(major("postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)\n"), Some(15));
        assert_eq!(major("postgres (PostgreSQL) 18beta1\n"), Some(18));
        assert_eq!(major("something else"), None);
    }
}
