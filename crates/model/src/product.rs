//! The two products, and what each calls its interfaces (protocol §1).

use serde::{Deserialize, Serialize};

/// What kind of records a task fetches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Product {
    /// 公积金: the housing fund.
    Fund,
    /// 社保: the five social insurances.
    Insurance,
}

impl Product {
    /// Both products.
    pub const ALL: [Self; 2] = [Self::Fund, Self::Insurance];

    /// The word used in configuration, files, tables and addresses.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Fund => "fund",
            Self::Insurance => "insurance",
        }
    }

    /// The word a person reads.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Fund => "公积金",
            Self::Insurance => "社保",
        }
    }

    /// The product of a word made by [`Product::as_str`].
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|product| product.as_str() == word)
    }
}

impl std::fmt::Display for Product {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One value for each product.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PerProduct<T> {
    /// The value for the housing fund.
    pub fund: T,
    /// The value for the social insurances.
    pub insurance: T,
}

impl<T> PerProduct<T> {
    /// The values that `value` gives.
    pub fn from_fn(mut value: impl FnMut(Product) -> T) -> Self {
        Self { fund: value(Product::Fund), insurance: value(Product::Insurance) }
    }

    /// The value of a product.
    pub const fn get(&self, product: Product) -> &T {
        match product {
            Product::Fund => &self.fund,
            Product::Insurance => &self.insurance,
        }
    }

    /// The value of a product, to be changed.
    pub const fn get_mut(&mut self, product: Product) -> &mut T {
        match product {
            Product::Fund => &mut self.fund,
            Product::Insurance => &mut self.insurance,
        }
    }
}

/// What one of the ten interfaces does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Operation {
    /// Lists the areas and their state.
    Areas,
    /// Tells the login methods of one area.
    Logins,
    /// Creates a task.
    Create,
    /// Tells a task's state and what has been read so far.
    Report,
    /// Takes a captcha or SMS code from the person.
    Code,
}

/// One of the ten interfaces: what it does, for which product.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Interface {
    /// The product it serves.
    pub product: Product,
    /// What it does.
    pub operation: Operation,
    /// The last segment of its documented address.
    pub name: &'static str,
}

impl Interface {
    /// The ten interfaces of the two documents (P-01).
    pub const ALL: [Self; 10] = [
        Self::new(Product::Insurance, Operation::Areas, "getInsuranceCitysB"),
        Self::new(Product::Insurance, Operation::Logins, "getInsuranceCityParamB"),
        Self::new(Product::Insurance, Operation::Create, "createInsuranceSearchTaskB"),
        Self::new(Product::Insurance, Operation::Report, "getInsuranceB"),
        Self::new(Product::Insurance, Operation::Code, "securityUserCode"),
        Self::new(Product::Fund, Operation::Areas, "getFundCitysB"),
        Self::new(Product::Fund, Operation::Logins, "getFundCityParamB"),
        Self::new(Product::Fund, Operation::Create, "createFundSearchTaskB"),
        Self::new(Product::Fund, Operation::Report, "getFundB"),
        Self::new(Product::Fund, Operation::Code, "fundUserCode"),
    ];

    const fn new(product: Product, operation: Operation, name: &'static str) -> Self {
        Self { product, operation, name }
    }

    /// The interface of that name; names are matched exactly.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|interface| interface.name == name)
    }

    /// The interface that does `operation` for `product`.
    #[must_use]
    pub fn of(product: Product, operation: Operation) -> Self {
        Self::ALL
            .into_iter()
            .find(|interface| interface.product == product && interface.operation == operation)
            .expect("the table above holds every pair")
    }
}
