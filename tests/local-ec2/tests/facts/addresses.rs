//! Elastic IPs: allocating, releasing, describing.

use crate::stage::{Stage, tags};
use local_ec2::Listing;
use local_ec2::actions::{AllocateAddress, DescribeAddresses, ReleaseAddress};

#[test]
fn each_allocation_is_another_address() {
    let mut stage = Stage::new();
    let one = stage.asks(&AllocateAddress::default());
    let other = stage.asks(&AllocateAddress::default());
    assert_ne!((one.allocation, one.public), (other.allocation, other.public));
}

#[test]
fn an_address_in_use_cannot_be_released() {
    let mut stage = Stage::new();
    let (id, address) = (stage.instance(), stage.address());
    stage.associates(&address, &id);
    let call = ReleaseAddress { allocation_id: address.to_string() };
    stage.refuses(&call, "InvalidIPAddress.InUse", "is in use.");
    let association_id = stage.association(&address).unwrap().to_string();
    stage.asks(&local_ec2::actions::DisassociateAddress { association_id, public_ip: String::new() });
    stage.asks(&call);
    let words = format!("The allocation ID '{address}' does not exist");
    stage.refuses(&call, "InvalidAllocationID.NotFound", &words);
}

#[test]
fn an_address_shows_its_instance_interface_and_private_address() {
    let mut stage = Stage::new();
    let (id, address) = (stage.instance(), stage.address());
    let free = stage.asks(&DescribeAddresses(Listing::of([&address]))).pop().unwrap();
    assert_eq!((free.instance, free.address.association), (None, None));
    stage.associates(&address, &id);
    let shown = stage.asks(&DescribeAddresses(Listing::by("instance-id", id.as_str()))).pop().unwrap();
    let association = shown.address.association.unwrap();
    let own = stage.shown(&id);
    assert_eq!(shown.instance, Some(id));
    assert_eq!(association.interface, own.interfaces[0].interface.id);
    assert_eq!(Some(association.private), own.private());
    for (name, value) in [
        ("association-id", association.id.to_string()),
        ("network-interface-id", association.interface.to_string()),
        ("private-ip-address", association.private.to_string()),
        ("public-ip", shown.address.public.to_string()),
        ("allocation-id", address.to_string()),
    ] {
        assert_eq!(stage.asks(&DescribeAddresses(Listing::by(name, value))).len(), 1, "{name}");
    }
}

#[test]
fn addresses_are_found_by_tag() {
    let mut stage = Stage::new();
    let allocation = stage.asks(&AllocateAddress { tags: tags(&[("Name", "web")]) }).allocation;
    stage.address();
    let found = stage.asks(&DescribeAddresses(Listing::by("tag-key", "Name")));
    assert_eq!(found.iter().map(|view| &view.address.allocation).collect::<Vec<_>>(), [&allocation]);
    let unknown = Listing::of(["eipalloc-00000000000000001"]);
    stage.refuses(&DescribeAddresses(unknown), "InvalidAllocationID.NotFound", "eipalloc-00000000000000001");
}
