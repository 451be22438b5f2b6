//! The ids that Exchange gives meetings (MS-OXOCAL section 2.2.1.27, `PidLidGlobalObjectId`), as the UID that other calendars know.

/// The bytes that every one begins with.
const CLASS: &str = "040000008200E00074C5B7101A82E008";
/// In hexadecimal digits: where the instance's date stands, and where what follows the 40 bytes of the head.
const DATE: std::ops::Range<usize> = 32..40;
const HEAD: usize = 80;
/// What stands before a UID that came from another calendar: `vCal-Uid` and a version of four bytes.
const FOREIGN: &str = "7643616C2D55696401000000";

/// The iCalendar UID of a meeting, the same for each instance of a series: the date of the instance is taken out, and a UID that
/// another calendar gave is unpacked. What is no id of Exchange's stays as it is.
pub fn uid(text: &str) -> String {
    let upper = text.to_ascii_uppercase();
    if !upper.starts_with(CLASS) || upper.len() < HEAD || !upper.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return text.to_owned();
    }
    if let Some(foreign) = upper.get(HEAD..).and_then(|data| data.strip_prefix(FOREIGN)).and_then(unpacked) {
        return foreign;
    }
    let mut clean = upper;
    clean.replace_range(DATE, "00000000");
    clean
}

/// A text in hexadecimal, up to its end mark.
fn unpacked(hex: &str) -> Option<String> {
    let pairs = hex.as_bytes().chunks_exact(2);
    let bytes: Option<Vec<u8>> = pairs.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect();
    let mut bytes = bytes?;
    bytes.truncate(bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len()));
    String::from_utf8(bytes).ok().filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::uid;

    const SERIES: &str = "040000008200E00074C5B7101A82E00800000000C0CFBB3A4F10DC01000000000000000010000000611ADE0CCACD674D8958B24742524618";

    #[test]
    fn every_instance_of_a_series_has_the_uid_of_the_series() {
        let instance = SERIES.replacen("E00800000000", "E00807EA0B1C", 1);
        assert_ne!(instance, SERIES);
        assert_eq!(uid(&instance), SERIES);
        assert_eq!(uid(&instance.to_lowercase()), SERIES);
        assert_eq!(uid(SERIES), SERIES);
    }

    #[test]
    fn a_uid_of_another_calendar_comes_out_as_it_was() {
        let packed = "7643616C2D5569640100000061626331323340676F6F676C652E636F6D00";
        let id = format!("040000008200E00074C5B7101A82E00807EA0B1C000000000000000000000000000000001E000000{packed}");
        assert_eq!(uid(&id), "abc123@google.com");
    }

    #[test]
    fn b17_what_is_no_id_of_exchange_stays_as_it_is() {
        let odd = format!("{}zz", &SERIES[..80]);
        for text in ["", "abc123@google.com", &SERIES[..60], "040000008200E00074C5B7101A82E008", "山田@demo.example", &odd] {
            assert_eq!(uid(text), text);
        }
    }
}
