//! The keeper of the test server: it ends, and takes the server along, when the one who asked for it is gone.

use std::io::{BufRead, BufReader, Read};
use std::net::TcpStream;
use std::process::{Command, Stdio};

#[test]
fn the_server_ends_with_its_keepers_standard_input() {
    let mut keeper =
        Command::new(env!("CARGO_BIN_EXE_xtask")).arg("hold-postgres").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut said = BufReader::new(keeper.stdout.take().unwrap());
    let mut url = String::new();
    said.read_line(&mut url).unwrap();
    let address = url.trim().strip_prefix("postgres://harmony@").and_then(|rest| rest.strip_suffix("/postgres")).unwrap().to_owned();
    TcpStream::connect(&address).unwrap();

    drop(keeper.stdin.take());
    said.read_to_string(&mut String::new()).unwrap();
    assert!(keeper.wait().unwrap().success());
    assert!(TcpStream::connect(&address).is_err(), "nobody listens there any more");
}
