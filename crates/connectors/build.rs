//! Registers the GraphQL schemas against which cynic checks the connectors' queries.

fn main() {
    println!("cargo:rerun-if-changed=schemas");
    cynic_codegen::register_schema("linear")
        .from_sdl_file("schemas/linear.graphql")
        .expect("the schema lies beside this file and is plain SDL");
    cynic_codegen::register_schema("monday")
        .from_sdl_file("schemas/monday.graphql")
        .expect("the schema lies beside this file and is plain SDL");
}
