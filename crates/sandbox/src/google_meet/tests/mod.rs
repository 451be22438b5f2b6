//! Tests of the emulated Google Meet, by what they are about.
