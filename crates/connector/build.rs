//! Builds again when a connector file is added or taken away; changes inside files are seen anyway.

fn main() {
    println!("cargo::rerun-if-changed=../../connectors");
}
