//! What a perfect connector must return for a person: the family says what its pages show, and this
//! file takes out what a behaviour breaks. Row order is not part of it.

use serde_json::Value;

use crate::behaviour::{self, Behaviour};
use crate::cities::Portal;
use crate::people::World;

impl World {
    /// The truth about a person under a password, or nothing for unknown people and for passwords
    /// that end without a report.
    pub(crate) fn truth_of(&self, city: &Portal, id_card: &str, password: &str) -> Option<Value> {
        let index = self.by_id(city, id_card)?;
        let behaviour = Behaviour::of(password);
        let ending = behaviour::ending(city, behaviour);
        if !ending.code.starts_with('4') {
            return None;
        }
        let person = self.person(city, index);
        let truth = city.family.truth;
        let mut sections = truth(self, city, &person, behaviour == Behaviour::Empty);
        for name in ending.fail {
            sections.shift_remove(name);
        }
        Some(Value::Object(sections))
    }
}
