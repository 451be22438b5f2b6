//! The audio of a recording: a real MP3 of silence, whose unused bits follow from a seed. Any part can be made by itself, so size costs no memory.

use bytes::Bytes;

/// Bytes of one frame: MPEG-1 Layer III, 32 kbit/s, 32 kHz, mono gives 144 * 32,000 / 32,000.
const FRAME: u64 = 144;
/// 1,152 samples at 32 kHz.
const FRAME_MS: u64 = 36;
/// Sync, version and layer; bit rate and sample rate; mono.
const HEADER: [u8; 4] = [0xFF, 0xFB, 0x18, 0xC0];
/// Side information of a mono frame. All zero says: no data for this granule, play silence.
const SIDE: u64 = 17;

/// Silence of a length, told apart by its seed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Audio {
    pub seed: u64,
    frames: u64,
}

impl Audio {
    pub(super) fn new(seed: u64, seconds: u64) -> Self {
        Self { seed, frames: (seconds.max(1) * 1000).div_ceil(FRAME_MS) }
    }

    pub(super) fn len(self) -> u64 {
        self.frames * FRAME
    }

    /// The bytes `from..to`, cut to what there is.
    pub(super) fn slice(self, from: u64, to: u64) -> Bytes {
        (from..to.min(self.len())).map(|place| self.byte(place)).collect()
    }

    fn byte(self, place: u64) -> u8 {
        let within = place % FRAME;
        match usize::try_from(within) {
            Ok(index) if index < HEADER.len() => HEADER[index],
            _ if within < HEADER.len() as u64 + SIDE => 0,
            // Ancillary bits, which players skip; below 0x80, so that no byte looks like a sync word.
            _ => (mix(self.seed.wrapping_add(place)) & 0x7F).try_into().unwrap_or(0),
        }
    }
}

/// `SplitMix64`: neighbouring numbers become unrelated ones.
fn mix(seed: u64) -> u64 {
    let mut z = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}
