//! The local EC2 as a program: prints its address, and serves until it is ended.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program speaks to whoever started it")]

mod arguments;

use arguments::{Arguments, USAGE};
use local_ec2::{Cloud, Region, Setup, serve};
use reconciler::clock::{Clock, WallClock};
use std::process::ExitCode;
use tokio::net::TcpListener;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match Arguments::read(std::env::args().skip(1)) {
        Ok(Some(arguments)) => run(arguments).await,
        Ok(None) => {
            print!("{USAGE}");
            ExitCode::SUCCESS
        }
        Err(problem) => {
            eprintln!("{problem}");
            ExitCode::from(2)
        }
    }
}

async fn run(Arguments { listen, speed, keys, setup }: Arguments) -> ExitCode {
    let listener = TcpListener::bind(listen).await;
    let bound = listener.and_then(|listener| Ok((listener.local_addr()?, listener)));
    match bound {
        Ok((address, listener)) => {
            // The functions compare the times of events and launches with the machine's clock.
            let cloud = Cloud::new(Setup { start: WallClock.now(), ..setup });
            println!("http://{address}");
            serve(listener, Region::at_speed(cloud, speed), keys).await;
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("cannot listen on {listen}: {error}; name another port, or 0 for a free one");
            ExitCode::FAILURE
        }
    }
}
