use super::*;

#[test]
fn built_in_connectors_are_without_mistakes() {
    match Library::builtin() {
        Ok(library) => {
            assert!(library.connectors().count() > 0);
            println!("{}", library.warnings());
        }
        Err(complaints) => panic!("\n{complaints}"),
    }
}
