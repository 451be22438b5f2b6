//! Outlook's ids: the usual one, which changes when an event is moved, and the immutable one; and the id that a meeting has everywhere.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE;
use jiff::civil::Date;

/// The usual id of what has this key, after so many moves.
pub fn usual(key: &str, moves: u32) -> String {
    format!("AAMk{}", URL_SAFE.encode(format!("{moves}/{key}")))
}

/// The id that stays.
pub fn immutable(key: &str) -> String {
    format!("AAkA{}", URL_SAFE.encode(key))
}

/// The key in an id, and the moves that a usual one names.
pub fn key_of(id: &str) -> Option<(String, Option<u32>)> {
    let text = |encoded: &str| String::from_utf8(URL_SAFE.decode(encoded).ok()?).ok();
    if let Some(encoded) = id.strip_prefix("AAkA") {
        return Some((text(encoded)?, None));
    }
    let whole = text(id.strip_prefix("AAMk")?)?;
    let (moves, key) = whole.split_once('/')?;
    Some((key.to_owned(), Some(moves.parse().ok()?)))
}

/// A meeting's id as Exchange writes it (MS-OXOCAL section 2.2.1.27): the class, the instance's date, the time it was made at (left
/// zero), and what is its own: a UID of another calendar's, or sixteen bytes.
pub fn global(own: &str, instance: Option<Date>) -> String {
    let date = instance.map_or_else(
        || "00000000".to_owned(),
        |date| format!("{:04X}{:02X}{:02X}", date.year().unsigned_abs(), date.month().unsigned_abs(), date.day().unsigned_abs()),
    );
    let data: Vec<u8> = if own.len() == 32 && own.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        hex::decode(own).unwrap_or_default()
    } else {
        [b"vCal-Uid\x01\x00\x00\x00".as_slice(), own.as_bytes(), b"\x00"].concat()
    };
    let size = u32::try_from(data.len()).unwrap_or_default().to_le_bytes();
    format!("040000008200E00074C5B7101A82E008{date}{}{}{}", "0".repeat(32), hex::encode_upper(size), hex::encode_upper(&data))
}
