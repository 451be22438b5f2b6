//! Which working processes of this machine are alive: each locks a file of its own, and the lock ends with the process, whatever
//! ends it. So what a killed process had under way can be taken up at once instead of after its leases ran out.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// The proof that a process is alive, for as long as it is held.
pub struct Alive {
    _lock: File,
}

impl Alive {
    /// Proves it for the owner of leases of that name, which no other process may ever have had.
    pub fn prove(folder: &Path, owner: &str) -> Result<Self> {
        fs::create_dir_all(folder).with_context(|| format!("{} cannot be made", folder.display()))?;
        // Under its name only once it is locked: a file without a lock is a process that ended.
        let unready = folder.join(format!(".{owner}"));
        let lock = File::create(&unready).with_context(|| format!("{} cannot be written", unready.display()))?;
        lock.try_lock().with_context(|| format!("{} cannot be locked", unready.display()))?;
        fs::rename(&unready, folder.join(owner)).with_context(|| format!("{} cannot be renamed", unready.display()))?;
        Ok(Self { _lock: lock })
    }
}

/// A process that ended.
pub struct Ended {
    /// Of its leases.
    pub owner: String,
    path: PathBuf,
}

impl Ended {
    /// Its leases were taken up: nobody needs to know of it any more.
    pub fn forget(self) -> Result<()> {
        match fs::remove_file(&self.path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(error).context("what is known of an ended process cannot be removed")
            }
            _ => Ok(()),
        }
    }
}

/// The processes that ended and were not forgotten.
pub fn ended(folder: &Path) -> Result<Vec<Ended>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| format!("{} cannot be read", folder.display()))? {
        let path = entry?.path();
        let owner = path.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
        // One that cannot be opened was forgotten by another process meanwhile.
        if !owner.starts_with('.') && File::open(&path).is_ok_and(|file| file.try_lock().is_ok()) {
            found.push(Ended { owner, path });
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owners(folder: &Path) -> Vec<String> {
        ended(folder).unwrap().into_iter().map(|one| one.owner).collect()
    }

    #[test]
    fn a_process_has_ended_when_nobody_holds_its_lock_and_is_forgotten_once() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        let (first, second) = (Alive::prove(folder, "1-aa").unwrap(), Alive::prove(folder, "2-bb").unwrap());
        assert_eq!(owners(folder), Vec::<String>::new());
        drop(first);
        assert_eq!(owners(folder), ["1-aa"]);
        assert_eq!(owners(folder), ["1-aa"], "until it is forgotten");
        let (one, again) = (ended(folder).unwrap().remove(0), ended(folder).unwrap().remove(0));
        one.forget().unwrap();
        again.forget().unwrap();
        assert_eq!(owners(folder), Vec::<String>::new());
        drop(second);
        assert_eq!(owners(folder), ["2-bb"]);
    }
}
