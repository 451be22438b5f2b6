//! Master keys: what seals each workspace's data key. The file they live in is `key_file`; changing them is `rotation`.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use model::{Env, Secret};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::error::{Error, Result};
use crate::key_file;
use crate::seal::{Place, SealingKey};

/// One master key.
#[derive(Clone)]
pub struct MasterKey {
    id: String,
    key: SealingKey,
}

impl MasterKey {
    /// A fresh key.
    pub fn generate(env: &dyn Env) -> Self {
        Self::of(SealingKey::generate(env))
    }

    /// The key of these 32 bytes.
    pub fn from_bytes(bytes: &[u8; 32]) -> Self {
        Self::of(SealingKey::from_slice(bytes).expect("32 bytes are a key"))
    }

    /// The first 16 hexadecimal digits of the key's SHA-256: it names the key and tells nothing about it.
    pub fn id(&self) -> &str {
        &self.id
    }

    fn of(key: SealingKey) -> Self {
        let mut id = hex::encode(Sha256::digest(key.expose()));
        id.truncate(16);
        Self { id, key }
    }

    /// Its line in the file.
    fn line(&self) -> Zeroizing<String> {
        let key = Zeroizing::new(STANDARD.encode(self.key.expose()));
        Zeroizing::new(format!("{} {}\n", self.id, *key))
    }

    /// Reads `id key`, or `key` alone.
    fn parse(line: &str) -> Result<Self, String> {
        let (id, key) = line.split_once(char::is_whitespace).map_or((None, line), |(id, key)| (Some(id), key.trim()));
        let bytes = STANDARD.decode(key).map(Zeroizing::new).map_err(|_| "the key is not Base64".to_owned())?;
        let key = SealingKey::from_slice(&bytes).map(Self::of).ok_or_else(|| format!("the key has {} bytes instead of 32", bytes.len()))?;
        match id {
            Some(id) if id != key.id => Err(format!("the key is not the one that `{id}` names; a character may be missing or changed")),
            _ => Ok(key),
        }
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MasterKey({})", self.id)
    }
}

/// The master keys at hand: the first seals, all of them open. Keys that came from a file are read again when a row names
/// one that is not known yet, so that a running process follows a rotation that another one began.
pub struct MasterKeys {
    keys: RwLock<Vec<MasterKey>>,
    file: Option<PathBuf>,
}

impl MasterKeys {
    /// Keys that live in no file: `current` seals, `older` open what they sealed.
    pub fn new(current: MasterKey, older: Vec<MasterKey>) -> Self {
        Self { keys: RwLock::new(std::iter::once(current).chain(older).collect()), file: None }
    }

    /// Reads the content of a key file: one key per line as `id key` or `key` (32 bytes in Base64), the current one first;
    /// empty lines and lines that begin with `#` are passed over.
    pub fn from_bytes(content: &[u8]) -> Result<Self> {
        let keys = parse(content).map_err(|why| Error::Configuration(format!("the master keys cannot be read: {why}")))?;
        Ok(Self { keys: RwLock::new(keys), file: None })
    }

    /// Reads the key file at `path`, or, where there is none, makes one with a fresh key, readable by its owner alone
    /// (mode 0600). A file that others can read is refused.
    pub fn load_or_create(path: &Path, env: &dyn Env) -> Result<Self> {
        let keys = if let Some(keys) = load(path)? { keys } else { first_keys(path, env)? };
        Ok(Self { keys: RwLock::new(keys), file: Some(path.to_owned()) })
    }

    /// The ids of the keys at hand, the current one first.
    pub fn ids(&self) -> Vec<String> {
        self.read().iter().map(|key| key.id.clone()).collect()
    }

    /// The key that seals.
    pub(crate) fn current(&self) -> MasterKey {
        self.read().first().cloned().expect("there is always a current key: no constructor leaves the list empty")
    }

    /// The key of that id; the file is read again where it is not known.
    pub(crate) fn find(&self, id: &str) -> Result<MasterKey> {
        if let Some(key) = self.known(id) {
            return Ok(key);
        }
        if let Some(keys) = self.file.as_deref().map(load).transpose()?.flatten() {
            *self.keys.write().unwrap_or_else(PoisonError::into_inner) = keys;
        }
        self.known(id).ok_or_else(|| Error::Sealed(format!("it rests on the master key {id}, which is not at hand")))
    }

    /// Makes `new` the current key, in the file first: a row sealed by it can then be read after any crash.
    pub(crate) fn lead_with(&self, new: &MasterKey) -> Result<()> {
        let mut keys = self.keys.write().unwrap_or_else(PoisonError::into_inner);
        let mut next = vec![new.clone()];
        let known = match self.file.as_deref().map(load).transpose()?.flatten() {
            Some(on_disk) => on_disk,
            None => keys.clone(),
        };
        next.extend(known.into_iter().filter(|key| key.id != new.id));
        if let Some(path) = &self.file {
            key_file::replace(path, &content(&next), &new.id)?;
        }
        *keys = next;
        Ok(())
    }

    /// Seals a workspace's data key with the current key; answers the sealed text and the key's id.
    pub(crate) fn wrap(&self, env: &dyn Env, workspace: &str, data_key: &SealingKey) -> (String, String) {
        let current = self.current();
        (current.key.seal(env, place(workspace), data_key.expose()), current.id)
    }

    /// Opens a workspace's data key.
    pub(crate) fn unwrap(&self, workspace: &str, sealed: &str, id: &str) -> Result<SealingKey> {
        let bytes = self.find(id)?.key.open(place(workspace), sealed)?;
        SealingKey::from_slice(&bytes).ok_or_else(|| Error::Sealed("a data key has a wrong length".to_owned()))
    }

    fn known(&self, id: &str) -> Option<MasterKey> {
        self.read().iter().find(|key| key.id == id).cloned()
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, Vec<MasterKey>> {
        self.keys.read().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for MasterKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MasterKeys({:?})", self.ids())
    }
}

const fn place(workspace: &str) -> Place<'_> {
    Place { workspace, table: "workspaces", row: "sealed_key" }
}

fn load(path: &Path) -> Result<Option<Vec<MasterKey>>> {
    let Some(content) = key_file::read(path)? else { return Ok(None) };
    let keys = parse(content.expose().as_bytes());
    keys.map(Some).map_err(|why| Error::Configuration(format!("the key file `{}` cannot be read: {why}", path.display())))
}

/// Makes the file, or reads the one of a process that was faster.
fn first_keys(path: &Path, env: &dyn Env) -> Result<Vec<MasterKey>> {
    let first = MasterKey::generate(env);
    if key_file::create(path, &content(std::slice::from_ref(&first)), &first.id)? {
        return Ok(vec![first]);
    }
    load(path)?.ok_or_else(|| Error::Configuration(format!("the key file `{}` came and went", path.display())))
}

fn parse(content: &[u8]) -> Result<Vec<MasterKey>, String> {
    let text = str::from_utf8(content).map_err(|_| "it is not a text".to_owned())?;
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty() && !line.starts_with('#'));
    let keys: Vec<MasterKey> =
        lines.map(|(at, line)| MasterKey::parse(line.trim()).map_err(|why| format!("line {}: {why}", at + 1))).collect::<Result<_, _>>()?;
    if keys.is_empty() { Err("it holds no key".to_owned()) } else { Ok(keys) }
}

fn content(keys: &[MasterKey]) -> Secret {
    let mut text = String::with_capacity(1_024 + keys.len() * 64);
    text.push_str(
        "# Harmony's master keys. Whoever holds this file and the database can read every stored token: keep a copy in a safe place.\n\
         # One key per line: the first 16 hexadecimal digits of its SHA-256, then its 32 bytes in Base64.\n\
         # The first key seals. The others open what they sealed before; `harmony keys rotate` makes them superfluous.\n",
    );
    for key in keys {
        text.push_str(&key.line());
    }
    Secret::new(text)
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use model::env::Simulated;

    use super::*;

    fn env(seed: u64) -> Simulated {
        Simulated::new(Timestamp::UNIX_EPOCH, seed)
    }

    #[test]
    fn a_key_file_is_made_once_and_read_from_then_on() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep").join("master.key");
        let made = MasterKeys::load_or_create(&path, &env(1)).unwrap();
        let read = MasterKeys::load_or_create(&path, &env(2)).unwrap();
        assert_eq!(made.ids(), read.ids());
        assert_eq!(std::fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "no temporary file is left");
    }

    #[test]
    fn a_line_may_lack_its_id_but_not_contradict_it() {
        let key = MasterKey::generate(&env(1));
        let line = key.line();
        let (id, text) = line.trim().split_once(' ').unwrap();
        assert_eq!(MasterKeys::from_bytes(format!("# old\n\n{text}\n").as_bytes()).unwrap().ids(), [id]);
        let wrong = MasterKeys::from_bytes(format!("0123456789abcdef {text}").as_bytes()).unwrap_err().to_string();
        assert!(wrong.contains("line 1") && !wrong.contains(text), "{wrong}");
    }

    #[test]
    fn b29_bad_key_files_are_refused_in_clear_words() {
        for (content, words) in [("", "no key"), ("# only words\n", "no key"), ("AAAA", "3 bytes"), ("!!", "Base64")] {
            let error = MasterKeys::from_bytes(content.as_bytes()).unwrap_err().to_string();
            assert!(error.contains(words), "{error}");
        }
    }

    #[test]
    fn f68_a_key_that_another_process_added_is_found_in_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("master.key");
        let running = MasterKeys::load_or_create(&path, &env(1)).unwrap();
        let rotating = MasterKeys::load_or_create(&path, &env(1)).unwrap();
        let new = MasterKey::generate(&env(9));
        rotating.lead_with(&new).unwrap();
        assert_eq!(running.find(new.id()).unwrap().id(), new.id());
        assert_eq!(running.ids(), rotating.ids());
        assert!(matches!(running.find("0123456789abcdef"), Err(Error::Sealed(_))));
    }

    #[test]
    fn leading_with_a_known_key_moves_it_to_the_front() {
        let (old, new) = (MasterKey::generate(&env(1)), MasterKey::generate(&env(2)));
        let keys = MasterKeys::new(old.clone(), vec![new.clone()]);
        keys.lead_with(&new).unwrap();
        assert_eq!(keys.ids(), [new.id(), old.id()]);
    }

    #[test]
    fn keys_are_never_printed() {
        let key = MasterKey::generate(&env(1));
        let secret = STANDARD.encode(key.key.expose());
        let keys = MasterKeys::new(key.clone(), Vec::new());
        assert!(!format!("{key:?} {keys:?}").contains(&secret));
    }
}
