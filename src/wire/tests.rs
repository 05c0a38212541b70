//! What serde's attributes make of a value: itself again, or a typed error.

use std::collections::{BTreeMap, HashMap};
use std::ffi::OsString;
use std::fmt::Debug;
use std::net::{IpAddr, SocketAddr};
use std::ops::Bound;
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use super::shape::Empty;
use super::{Portable, decode, encoded};
use crate::error::Error;

/// Sends it among other values, which a shift of the bytes would reach.
fn copy_of<T: Portable + Clone>(value: &T) -> Result<T, Error> {
    let among_others = vec![(7_u8, value.clone(), "after".to_owned()); 3];
    let bytes = encoded(&among_others)?;
    let copies: Vec<(u8, T, String)> = decode(&bytes)?;
    assert_eq!(copies.len(), 3);
    assert!(copies.iter().all(|copy| (copy.0, &*copy.2) == (7, "after")));
    Ok(copies.into_iter().next_back().expect("three").1)
}

#[track_caller]
fn arrives<T: Portable + Clone + PartialEq + Debug>(value: T) {
    assert_eq!(copy_of(&value).expect("a copy"), value);
    let bytes = encoded(&value).expect("bytes");
    assert_eq!(decode::<T>(&bytes).expect("a copy"), value);
}

#[track_caller]
fn is_not_encoded<T: Portable + Clone + Debug>(value: T, reason: &str) {
    match copy_of(&value).expect_err("no copy") {
        Error::Encode { reason: said, .. } => assert!(said.contains(reason), "{said}"),
        other => panic!("{other}"),
    }
}

#[track_caller]
fn is_not_decoded<T: Portable + Clone + Debug>(value: T) {
    for error in [
        copy_of(&value).map(drop).expect_err("no copy"),
        decode::<T>(&encoded(&value).expect("bytes")).expect_err("no copy"),
    ] {
        assert!(matches!(error, Error::Decode { .. }), "{error}");
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Shape {
    Nothing,
    Circle(f64),
    Line(u8, String),
    Named { even: Option<Even>, unit: () },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "u32")]
struct Even(u32);

impl TryFrom<u32> for Even {
    type Error = String;

    fn try_from(number: u32) -> Result<Self, String> {
        let is_even = number.is_multiple_of(2);
        is_even
            .then_some(Self(number))
            .ok_or(format!("{number} is odd"))
    }
}

fn shapes(number: u32) -> HashMap<char, Vec<Shape>> {
    let even = Some(Even(number));
    let shapes = vec![
        Shape::Nothing,
        Shape::Circle(1.5),
        Shape::Line(1, "a".into()),
        Shape::Named { even, unit: () },
    ];
    HashMap::from([('ä', shapes)])
}

#[test]
fn values_of_all_kinds_arrive() {
    arrives(shapes(2));
    arrives((i128::MIN, u128::MAX, i64::MIN, u64::MAX, f32::MIN));
    arrives((true, 'ß', (), [1_u16; 5], Some(Some(None::<u8>))));
    arrives(BTreeMap::from([(vec![-1_i8], "x".to_owned())]));
    arrives(vec![(); 1000]);
    arrives(IpAddr::from([127, 0, 0, 1]));
    arrives(SocketAddr::from(([1; 16], 80)));
    arrives((Duration::from_nanos(3), SystemTime::now()));
    arrives((OsString::from("x"), 1_u8..3, 1_u8..=3));
    arrives([Bound::Included(1), Bound::Excluded(2), Bound::Unbounded]);
    arrives([Ok(1_u8), Err("no".to_owned())]);
    arrives(std::num::NonZeroU8::MIN);
}

#[test]
fn attributes_that_both_sides_share_change_nothing() {
    #[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize)]
    #[serde(default, rename_all(serialize = "camelCase"))]
    struct Struct {
        #[serde(skip)]
        skipped: u8,
        #[serde(alias = "z")]
        first_field: String,
        #[serde(default, rename = "q")]
        second_field: Option<u16>,
        #[serde(skip)]
        also_skipped: u8,
        tuple: Tuple,
        #[serde(with = "as_text")]
        number: u64,
    }
    #[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize)]
    struct Tuple(u8, #[serde(skip)] u8, Newtype, Transparent);
    #[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize)]
    struct Newtype(#[serde(skip)] u8);
    #[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize)]
    #[serde(transparent)]
    struct Transparent {
        only: u8,
    }
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    #[serde(rename_all = "UPPERCASE")]
    enum Enum {
        Empty(#[serde(skip)] u8),
        Struct {
            a: u8,
            #[serde(skip)]
            b: u8,
        },
        Tuple(u8, #[serde(skip)] u8, u8),
        #[serde(other)]
        Other,
    }
    arrives(Struct {
        first_field: "text".into(),
        second_field: Some(2),
        tuple: Tuple(3, 0, Newtype(0), Transparent { only: 4 }),
        number: 5,
        ..Struct::default()
    });
    arrives([
        Enum::Empty(0),
        Enum::Struct { a: 1, b: 0 },
        Enum::Tuple(1, 0, 2),
        Enum::Other,
    ]);
}

mod as_text {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(number: &u64, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(number)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
        String::deserialize(from)?.parse().map_err(D::Error::custom)
    }
}

#[test]
fn a_field_that_is_left_out_is_named() {
    #[derive(Clone, Debug, Default, Serialize, Deserialize)]
    struct Struct {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        perhaps: Option<u8>,
        always: Vec<u8>,
    }
    #[derive(Clone, Debug, Serialize, Deserialize)]
    enum Enum {
        Variant {
            #[serde(default, skip_serializing_if = "Option::is_none")]
            perhaps: Option<u8>,
            always: Vec<u8>,
        },
    }

    // Without an error, this would arrive as Some(2) and [7].
    let always = vec![1, 2, 1, 7];
    let value = Struct {
        perhaps: None,
        always: always.clone(),
    };
    is_not_encoded(value, "field `perhaps` is left out");
    let value = Enum::Variant {
        perhaps: None,
        always: always.clone(),
    };
    is_not_encoded(value, "field `perhaps` is left out");
    let value = Struct {
        perhaps: Some(3),
        always: always.clone(),
    };
    let copy = copy_of(&value).expect("a copy");
    assert_eq!((copy.perhaps, copy.always), (Some(3), always));
}

#[test]
fn fields_of_one_side_only_are_noticed() {
    #[derive(Clone, Debug, Serialize, Deserialize)]
    struct NotSent {
        #[serde(skip_serializing)]
        _a: u8,
        b: Vec<u8>,
    }
    #[derive(Clone, Debug, Serialize, Deserialize)]
    struct NotTaken {
        #[serde(skip_deserializing)]
        a: u8,
        b: Vec<u8>,
    }
    #[derive(Clone, Debug, Serialize, Deserialize)]
    struct Tuple(#[serde(skip_serializing_if = "is_0")] u8, Vec<u8>);
    #[derive(Clone, Debug, Serialize, Deserialize)]
    enum Enum {
        Tuple(#[serde(skip_serializing_if = "is_0")] u8, Vec<u8>),
        Newtype(#[serde(skip_serializing)] u8),
        Struct {
            #[serde(skip_serializing)]
            _a: u8,
            b: Vec<u8>,
        },
    }
    #[derive(Clone, Debug, Serialize, Deserialize)]
    #[serde(tag = "tag")]
    struct Tagged {
        a: String,
        b: u8,
    }
    fn is_0(number: &u8) -> bool {
        *number == 0
    }

    // One side's length is the other's first field, and the rest still has a length that fits.
    let b = vec![1, 7];
    is_not_decoded(NotSent {
        _a: 1,
        b: b.clone(),
    });
    is_not_decoded(NotTaken { a: 1, b: vec![] });
    is_not_decoded(Tuple(0, b.clone()));
    is_not_decoded(Enum::Tuple(0, b.clone()));
    is_not_decoded(Enum::Newtype(0));
    is_not_decoded(Enum::Struct { _a: 1, b });
    is_not_decoded(Tagged {
        a: String::new(),
        b: 0,
    });
}

#[test]
fn a_variant_is_not_mistaken_for_another() {
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    enum Enum {
        First,
        #[serde(skip)]
        _Second,
        Third(u8),
        Fourth(u8),
    }

    arrives(Enum::First);
    is_not_decoded(Enum::Third(3));
    is_not_decoded(Enum::Fourth(3));
}

#[test]
fn types_that_need_names_are_refused() {
    #[derive(Clone, Debug, Serialize, Deserialize)]
    struct Flat {
        a: u8,
        #[serde(flatten)]
        rest: BTreeMap<String, u8>,
    }
    #[derive(Clone, Debug, Serialize, Deserialize)]
    enum FlatVariant {
        Variant {
            #[serde(flatten)]
            rest: BTreeMap<String, u8>,
        },
    }
    #[derive(Clone, Debug, Serialize, Deserialize)]
    #[serde(untagged)]
    enum Untagged {
        Number(u8),
        Unit,
    }
    #[derive(Clone, Debug, Serialize, Deserialize)]
    #[serde(tag = "tag")]
    enum Internal {
        Unit,
        Struct { a: u8 },
    }

    #[derive(Clone, Debug, Serialize, Deserialize)]
    #[serde(tag = "tag", content = "content")]
    enum Adjacent {
        Unit,
        Newtype(String),
    }

    let rest = BTreeMap::from([("b".to_owned(), 2)]);
    is_not_encoded(
        Flat {
            a: 1,
            rest: rest.clone(),
        },
        "send it as text",
    );
    is_not_encoded(FlatVariant::Variant { rest }, "send it as text");
    is_not_decoded(Untagged::Number(1));
    is_not_decoded(Untagged::Unit);
    is_not_decoded(Internal::Unit);
    is_not_decoded(Internal::Struct { a: 1 });
    is_not_decoded(Adjacent::Unit);
    is_not_decoded(Adjacent::Newtype(String::new()));
    is_not_decoded(serde_json::json!({ "a": [1, null] }));
}

#[test]
fn the_error_of_a_type_is_its_own_text() {
    let shapes = shapes(7);
    let bytes = encoded(&shapes).expect("bytes");
    let error = decode::<HashMap<char, Vec<Shape>>>(&bytes).unwrap_err();
    assert!(error.to_string().ends_with("7 is odd"), "{error}");
    let error = decode::<std::num::NonZeroU8>(&[0]).unwrap_err();
    assert!(
        error.to_string().contains("expected a nonzero u8"),
        "{error}"
    );
}

/// Such a length comes from a process that overwrites its memory.
#[test]
fn a_length_that_nothing_bounds_is_refused() {
    let mut claim = Vec::new();
    super::encode(&(u64::MAX,), &mut claim).expect("bytes");
    for error in [
        decode::<Vec<()>>(&claim).map(drop).unwrap_err(),
        decode::<Vec<Box<()>>>(&claim).map(drop).unwrap_err(),
        decode::<Vec<[u8; 0]>>(&claim).map(drop).unwrap_err(),
        decode::<std::collections::HashSet<()>>(&claim)
            .map(drop)
            .unwrap_err(),
        decode::<HashMap<(), ()>>(&claim).map(drop).unwrap_err(),
        decode::<Vec<bool>>(&claim).map(drop).unwrap_err(),
        decode::<Vec<Option<()>>>(&claim).map(drop).unwrap_err(),
        decode::<Option<Vec<()>>>(&[&[1][..], &claim].concat())
            .map(drop)
            .unwrap_err(),
    ] {
        assert!(matches!(error, Error::Decode { .. }), "{error}");
    }
    arrives_once(vec![(); Empty::MOST]);
    let error = encoded(&vec![(); Empty::MOST + 1]).map(drop);
    assert!(matches!(error, Err(Error::Encode { .. })), "{error:?}");
}

fn arrives_once<T: Portable + PartialEq>(value: T) {
    let bytes = encoded(&value).expect("bytes");
    assert!(decode::<T>(&bytes).expect("a copy") == value);
}
