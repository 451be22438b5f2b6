//! The file that master keys live in: made and replaced atomically, durable before it is relied on, its owner's alone.
//! What it says is `keys`' business.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use model::Secret;

use crate::error::{Error, Result};

/// The content; `None` where there is no file. A file that others can read is refused.
pub(crate) fn read(path: &Path) -> Result<Option<Secret>> {
    match fs::read_to_string(path) {
        Ok(content) => {
            let content = Secret::new(content);
            refuse_wider(path).map(|()| Some(content))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed("read", path, &error)),
    }
}

/// Makes the file, unless another process was faster (`false`). `tag` names the temporary file.
pub(crate) fn create(path: &Path, content: &Secret, tag: &str) -> Result<bool> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(|error| failed("made", path, &error))?;
    }
    let temporary = write(path, content, tag)?;
    // A link never replaces a file, so of two processes that start together one makes the key and both use it.
    let linked = fs::hard_link(&temporary, path);
    fs::remove_file(&temporary).map_err(|error| failed("made", path, &error))?;
    match linked {
        Ok(()) => settle(path).map(|()| true),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(failed("made", path, &error)),
    }
}

/// Replaces the file: after a crash it has either the old content or the new.
pub(crate) fn replace(path: &Path, content: &Secret, tag: &str) -> Result<()> {
    let temporary = write(path, content, tag)?;
    fs::rename(&temporary, path).map_err(|error| failed("replaced", path, &error))?;
    settle(path)
}

fn write(path: &Path, content: &Secret, tag: &str) -> Result<PathBuf> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{tag}.new"));
    let temporary = path.with_file_name(name);
    let written = || -> io::Result<()> {
        // What a crash left behind under the same name.
        match fs::remove_file(&temporary) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        for_owner_alone(&mut options);
        let mut file = options.open(&temporary)?;
        file.write_all(content.expose().as_bytes())?;
        file.sync_all()
    };
    written().map_err(|error| failed("written", path, &error))?;
    Ok(temporary)
}

/// Makes the folder's entry durable.
fn settle(path: &Path) -> Result<()> {
    if cfg!(unix) {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(|error| failed("made durable", path, &error))?;
    }
    Ok(())
}

#[cfg(unix)]
fn for_owner_alone(options: &mut OpenOptions) {
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
}

/// Elsewhere a new file takes its folder's rights.
#[cfg(not(unix))]
fn for_owner_alone(_: &mut OpenOptions) {}

#[cfg(unix)]
fn refuse_wider(path: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let mode = fs::metadata(path).map_err(|error| failed("read", path, &error))?.permissions().mode() & 0o777;
    let of_others = mode & 0o077;
    if of_others == 0 {
        return Ok(());
    }
    let path = path.display();
    Err(Error::Configuration(format!("the key file `{path}` is open to others (mode {mode:04o}); close it with `chmod 600 {path}`")))
}

#[cfg(not(unix))]
fn refuse_wider(_: &Path) -> Result<()> {
    Ok(())
}

fn failed(what: &str, path: &Path, error: &io::Error) -> Error {
    Error::Configuration(format!("the key file `{}` cannot be {what}: {error}", path.display()))
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn f14_a_file_that_others_can_read_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("master.key");
        assert!(create(&path, &Secret::from("content"), "a").unwrap());
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(read(&path).unwrap(), Some(Secret::from("content")));
        for mode in [0o640, 0o604, 0o660, 0o644] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            let error = read(&path).unwrap_err().to_string();
            assert!(error.contains("chmod 600") && !error.contains("content"), "{error}");
        }
    }

    #[test]
    fn the_second_of_two_that_create_it_uses_the_first_ones() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("master.key");
        assert!(create(&path, &Secret::from("first"), "a").unwrap());
        assert!(!create(&path, &Secret::from("second"), "b").unwrap());
        assert_eq!(read(&path).unwrap(), Some(Secret::from("first")));
    }

    #[test]
    fn f07_a_replacement_is_whole_and_private_even_over_what_a_crash_left() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("master.key");
        create(&path, &Secret::from("old"), "a").unwrap();
        fs::write(folder.path().join("master.key.b.new"), "half").unwrap();
        replace(&path, &Secret::from("new"), "b").unwrap();
        assert_eq!(read(&path).unwrap(), Some(Secret::from("new")));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
