//! Bad input at every door: files, API bodies, the OAuth callback, webhooks, settings forms. Each refusal names what does not fit,
//! and leaves the hub as it was. Names bear the ids of the list of bad inputs.

#[cfg(test)]
mod bad_input {
    mod bodies;
    mod callback;
    mod files;
    mod forms;
    mod hub;
    mod tool;
    mod webhooks;
}
