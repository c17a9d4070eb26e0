//! What `#[derive(Entity)]` writes, on a small book shop: read it to see which attribute says what.

use serde::Deserialize;
use serde_json::Value;
use time::{Date, OffsetDateTime};
use user_tenant_store::Entity;
use user_tenant_store::entity::{
    ByColumn, Global, Itself, NotOwned, Owned, OwnerRule, Property, PropertyRole, PropertyType, RelationKind, Rules,
    TenantRule, Through, Unique,
};
use uuid::Uuid;

/// A shop
/// of books.
///
/// It sells them.
#[derive(Deserialize, Entity)]
#[entity(
    table = "shops",
    tenancy(itself),
    belongs_to(name = "bestBook", target = Book, local = "bestBookId", foreign = "isbn"),
    has_many(name = "books", target = Book, foreign = "shopId"),
    has_one(name = "ledger", target = Ledger, local = "createdBy", foreign = "code", hidden)
)]
#[expect(dead_code, reason = "only its metadata is looked at")]
struct Shop {
    /// Id.
    #[property(id)]
    id: Uuid,
    /// Best-selling.
    best_book_id: Option<String>,
}

/// A book.
#[derive(Deserialize, Entity)]
#[entity(
    table = "books",
    audit = "text",
    tenancy(column = "shopId"),
    owner(column = "writerId"),
    unique(name = "uq_books_shop_id_binding", properties = ["shopId", "binding"], in_any_case = ["binding"]),
    unique(name = "uq_books_writer_id", properties = ["writerId", "shopId"], deleted_too)
)]
#[expect(dead_code, reason = "only its metadata is looked at")]
struct Book {
    /// Number of the book.
    #[property(id, max_length = 13, pattern = "^[0-9]+$")]
    isbn: String,
    /// Shop that has it.
    #[property(parent)]
    shop_id: Uuid,
    /// Who wrote it.
    writer_id: Uuid,
    /// Stars.
    #[property(minimum = 1, maximum = 5, default = "3")]
    stars: Option<i32>,
    /// Size.
    #[property(one_of = [1, 0], words = ["small", "large"])]
    size: i32,
    /// Binding.
    #[property(one_of_text = ["H", "P"], required)]
    binding: Option<String>,
    /// In print.
    #[property(required = false)]
    in_print: bool,
    /// Sold.
    last_sold: Option<OffsetDateTime>,
    /// Published.
    published: Date,
    /// Notes.
    #[property(max_bytes = 90)]
    notes: Value,
    /// Tags.
    #[property(max_items = 7, max_length = 8)]
    tags: Vec<String>,
    /// Editions.
    editions: Option<Vec<i32>>,
    /// Name of the shop.
    #[property(derived, hidden, column = "shopname")]
    shop_name: String,
}

/// A page.
#[derive(Deserialize, Entity)]
#[entity(
    table = "v_pages",
    audit = "times",
    read_only,
    tenancy(through(local = "bookIsbn", foreign = "isbn", via = Book)),
    owner(through(local = "bookIsbn", foreign = "isbn", via = Book))
)]
#[expect(dead_code, reason = "only its metadata is looked at")]
struct Page {
    /// Id.
    #[property(id)]
    id: i32,
    /// Book.
    #[property(parent)]
    book_isbn: String,
}

/// A ledger.
#[derive(Deserialize, Entity)]
#[entity(table = "ledgers", audit = "none", tenancy(global = "kept by the state"))]
#[expect(dead_code, reason = "only its metadata is looked at")]
struct Ledger {
    /// Title, ahead of the id.
    title: String,
    /// Code.
    #[property(id)]
    code: Uuid,
}

/// A shelf mark of the state's, of which a history is kept.
#[derive(Deserialize, Entity)]
#[entity(table = "marks", audit = "none", logged, tenancy(global = "kept by the state"))]
#[expect(dead_code, reason = "only its metadata is looked at")]
struct Mark {
    /// Code.
    #[property(id)]
    code: Uuid,
}

fn own(properties: &'static [Property]) -> impl Iterator<Item = &'static Property> {
    properties.iter().filter(|property| property.role != PropertyRole::Audit)
}

fn audit(properties: &'static [Property]) -> Vec<(&'static str, &'static str, PropertyType)> {
    properties
        .iter()
        .filter(|property| property.role == PropertyRole::Audit)
        .map(|property| (property.name, property.column, property.kind))
        .collect()
}

#[test]
fn unique_constraints_are_known_by_name_or_by_table_and_columns() {
    let in_any_case = Unique {
        name: "uq_books_shop_id_binding",
        properties: &["shopId", "binding"],
        in_any_case: &["binding"],
        not_deleted: true,
    };
    let plain = Unique {
        name: "uq_books_writer_id",
        properties: &["writerId", "shopId"],
        in_any_case: &[],
        not_deleted: false,
    };
    let meta = Book::meta();
    assert_eq!(meta.unique.iter().collect::<Vec<_>>(), [&in_any_case, &plain]);
    assert_eq!((in_any_case.named(), plain.named()), (&["binding"][..], &["writerId", "shopId"][..]));
    assert_eq!(Page::meta().unique, []);
    for (constraint, found) in [
        ("uq_books_shop_id_binding", Some(&in_any_case)),
        ("uq_books_writer_id", Some(&plain)),
        ("books.shop_id, books.writer_id", Some(&plain)),
        ("books.writer_id", None),
        ("shelves.shop_id, shelves.writer_id", None),
        // An index on an expression has a name in every message.
        ("books.binding, books.shop_id", None),
        ("books_pkey", None),
        ("", None),
    ] {
        assert_eq!(meta.violated(constraint), found, "{constraint:?}");
    }
}

#[test]
fn the_struct_gives_name_table_and_description() {
    let meta = Shop::meta();
    assert_eq!((meta.name, meta.table), ("Shop", "shops"));
    assert_eq!(meta.description, "A shop of books. It sells them.");
    assert!(meta.soft_delete && !meta.read_only);
    assert!(Page::meta().read_only && Page::meta().soft_delete);
    assert!(!Ledger::meta().soft_delete);
    assert_eq!(Ledger::meta().id().name, "code");
}

#[test]
fn what_is_of_a_tenant_is_logged_and_what_is_of_none_where_it_says_so() {
    assert!(Shop::meta().is_logged() && Mark::meta().is_logged());
    assert!(!Ledger::meta().is_logged() && !Page::meta().is_logged());
}

#[test]
fn audit_properties_come_first_and_follow_the_attribute() {
    let everyone = [
        ("deleted", "deleted", PropertyType::Boolean),
        ("deletedOn", "deleted_on", PropertyType::Timestamp),
        ("deletedBy", "deleted_by", PropertyType::Uuid),
        ("createdOn", "created_on", PropertyType::Timestamp),
        ("modifiedOn", "modified_on", PropertyType::Timestamp),
    ];
    let people = |kind| [("createdBy", "created_by", kind), ("modifiedBy", "modified_by", kind)];
    assert_eq!(audit(Shop::meta().properties), [everyone.as_slice(), &people(PropertyType::Uuid)].concat());
    assert_eq!(audit(Book::meta().properties), [everyone.as_slice(), &people(PropertyType::Text)].concat());
    assert_eq!(audit(Page::meta().properties), everyone);
    assert_eq!(audit(Ledger::meta().properties), []);
    assert_eq!(Shop::meta().position("id"), Some(7));
    assert_eq!(Shop::meta().property("deleted").and_then(|deleted| deleted.rules.default), Some("false"));
}

#[test]
fn fields_give_name_column_type_and_presence() {
    let seen: Vec<_> = own(Book::meta().properties)
        .map(|property| (property.name, property.column, property.kind, property.required))
        .collect();
    assert_eq!(
        seen,
        [
            ("isbn", "isbn", PropertyType::Text, true),
            ("shopId", "shop_id", PropertyType::Uuid, true),
            ("writerId", "writer_id", PropertyType::Uuid, true),
            ("stars", "stars", PropertyType::Integer, false),
            ("size", "size", PropertyType::Integer, true),
            ("binding", "binding", PropertyType::Text, true),
            ("inPrint", "in_print", PropertyType::Boolean, false),
            ("lastSold", "last_sold", PropertyType::Timestamp, false),
            ("published", "published", PropertyType::Date, true),
            ("notes", "notes", PropertyType::Json, true),
            ("tags", "tags", PropertyType::TextArray, true),
            ("editions", "editions", PropertyType::IntegerArray, false),
            ("shopName", "shopname", PropertyType::Text, true),
        ]
    );
}

#[test]
fn attributes_of_fields_give_roles_and_hide() {
    let role = |name| Book::meta().property(name).map(|property| (property.role, property.hidden));
    assert_eq!(role("isbn"), Some((PropertyRole::Id, false)));
    assert_eq!(role("shopId"), Some((PropertyRole::Parent, false)));
    assert_eq!(role("stars"), Some((PropertyRole::Data, false)));
    assert_eq!(role("shopName"), Some((PropertyRole::Derived, true)));
}

#[test]
fn attributes_of_fields_give_rules() {
    let rules = |name: &str| Book::meta().property(name).map_or(Rules::NONE, |property| property.rules);
    assert_eq!((rules("isbn").max_length, rules("isbn").pattern), (Some(13), Some("^[0-9]+$")));
    let stars = rules("stars");
    assert_eq!((stars.minimum, stars.maximum, stars.default), (Some(1), Some(5), Some("3")));
    assert_eq!(rules("size").one_of, Some([1, 0].as_slice()));
    assert_eq!(rules("size").words, Some(["small", "large"].as_slice()));
    assert_eq!(rules("binding").one_of_text, Some(["H", "P"].as_slice()));
    assert_eq!((rules("tags").max_items, rules("tags").max_length), (Some(7), Some(8)));
    assert_eq!(rules("notes").max_bytes, Some(90));
    assert_eq!(format!("{:?}", rules("editions")), format!("{:?}", Rules::NONE));
}

#[test]
fn tenancy_and_ownership_are_types_and_values_alike() {
    fn typed<E: Entity<Tenancy = T, Ownership = O>, T, O>() -> (TenantRule, Option<OwnerRule>) {
        (E::meta().tenancy, E::meta().owner)
    }
    assert!(matches!(typed::<Shop, Itself, NotOwned>(), (TenantRule::Itself, None)));
    assert!(matches!(
        typed::<Book, ByColumn, Owned>(),
        (TenantRule::Column("shopId"), Some(OwnerRule::Column("writerId")))
    ));
    assert!(matches!(typed::<Ledger, Global, NotOwned>(), (TenantRule::Global { reason: "kept by the state" }, None)));
    let (tenancy, owner) = typed::<Page, Through<Book>, Owned>();
    assert!(matches!(tenancy, TenantRule::Through { local: "bookIsbn", foreign: "isbn", via } if via().name == "Book"));
    assert!(
        matches!(owner, Some(OwnerRule::Through { local: "bookIsbn", foreign: "isbn", via }) if via().name == "Book")
    );
}

#[test]
fn relations_keep_their_order_and_join_by_id_unless_told() {
    let seen: Vec<_> = Shop::meta()
        .relations
        .iter()
        .map(|relation| {
            (
                relation.name,
                relation.kind,
                (relation.target)().name,
                relation.local,
                relation.foreign,
                relation.includable,
            )
        })
        .collect();
    assert_eq!(
        seen,
        [
            ("bestBook", RelationKind::BelongsTo, "Book", "bestBookId", "isbn", true),
            ("books", RelationKind::HasMany, "Book", "id", "shopId", true),
            ("ledger", RelationKind::HasOne, "Ledger", "createdBy", "code", false),
        ]
    );
    assert!(Shop::meta().relation("ledger").is_none());
}
