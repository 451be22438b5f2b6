//! The engine over a made-up tool: what it must keep to whatever the tool does. Names bear the fault ids of FAULTS.md.

#[cfg(test)]
mod common;
#[cfg(test)]
mod engine {
    mod brake;
    mod deletions;
    mod lost_answers;
    mod mapping;
    mod matching;
    mod meetings;
    mod pages;
    mod preview;
    mod rules;
    mod schedule;
    mod subscriptions;
    mod trouble;
    mod two_way;
    mod uncertain;
}
