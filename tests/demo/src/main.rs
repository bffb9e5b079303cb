//! `make demo`: plays the stories on standard output, and fails when one goes wrong.

#![expect(clippy::print_stderr, reason = "a program speaks to whoever started it")]

use demo::recording::Recording;
use demo::{Error, Kind, Screen, Story, picture};
use std::io::{IsTerminal, Write};
use std::process::ExitCode;
use tokio::task::LocalSet;

/// Where the picture is written, from the root of the repository.
const PICTURE: &str = "target/demo/timeline.svg";

const PROLOGUE: &str = "\
Real   the function binaries, under AWS's Lambda runtime interface emulator,
       woken as template.yaml says
Local  EC2: a strict one of our own on a loopback port. It refuses what EC2
       refuses and takes the time that EC2 takes, from the shorter end of what
       is known. A second is a second; only the first launch is skipped
";

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    let Some(stories) = stories(&wanted) else {
        eprintln!("demo: no such story as `{}`: use replacement or interruption", wanted.join(" "));
        return ExitCode::from(2);
    };
    let out = std::io::stdout();
    // A terminal that calls itself dumb cannot move its cursor.
    let is_dumb = std::env::var_os("TERM").is_none_or(|term| term == "dumb");
    let kind = if out.is_terminal() && !is_dumb { Kind::Live } else { Kind::Plain };
    match LocalSet::new().run_until(run(&stories, Screen::new(out.lock(), kind))).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\ndemo: {error}");
            ExitCode::FAILURE
        }
    }
}

/// The stories that are asked for: all of them, when none is.
fn stories(wanted: &[String]) -> Option<Vec<Story>> {
    if wanted.is_empty() {
        return Some(Story::ALL.to_vec());
    }
    let story = |name: &String| Story::ALL.into_iter().find(|story| story.name() == name);
    wanted.iter().map(story).collect()
}

/// Plays the stories until one goes wrong, and draws those that were played.
async fn run<W: Write>(stories: &[Story], mut screen: Screen<W>) -> Result<(), Error> {
    screen.say(PROLOGUE)?;
    let mut recordings = Vec::new();
    let mut outcome = Ok(());
    for story in stories {
        let mut recording = Recording::begin(story.name());
        outcome = story.play(&mut recording, &mut screen).await;
        recordings.push(recording);
        if outcome.is_err() {
            break;
        }
    }
    // A story that went wrong is the one that people want to look at.
    let drawn = draw(&recordings, &mut screen);
    outcome.and(drawn)
}

fn draw<W: Write>(recordings: &[Recording], screen: &mut Screen<W>) -> Result<(), Error> {
    let path = stage::paths::root().join(PICTURE);
    let folder = path.parent().unwrap_or(&path);
    let written = std::fs::create_dir_all(folder)
        .and_then(|()| picture::draw(recordings))
        .and_then(|picture| std::fs::write(&path, picture));
    written.map_err(|source| Error::Write { what: path.display().to_string(), source })?;
    screen.say(&format!("The same as a picture: {PICTURE}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stories_are_chosen_by_name() {
        let chosen = |names: &[&str]| stories(&names.iter().map(ToString::to_string).collect::<Vec<_>>());
        assert_eq!(chosen(&[]), Some(Story::ALL.to_vec()));
        assert_eq!(chosen(&["interruption"]), Some(vec![Story::Interruption]));
        assert_eq!(chosen(&["replacement", "banana"]), None);
    }
}
