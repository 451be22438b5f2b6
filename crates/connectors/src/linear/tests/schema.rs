//! Our part of Linear's schema against the whole.

#[test]
fn our_part_of_the_schema_is_linears() {
    crate::part_of_schema::fits(include_str!("../../../schemas/linear.graphql"), "linear/schema.graphql");
}
