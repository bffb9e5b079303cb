//! `AssociateAddress` and `DisassociateAddress`.

use crate::instances::terminate;
use crate::stage::{Stage, ZONE, associate, data, run};
use local_ec2::actions::{
    AssignPrivateIpAddresses, AssociateAddress, AttachNetworkInterface, CreateNetworkInterface,
    DescribeAddresses, DescribeAvailabilityZones, DisassociateAddress, ReleaseAddress,
};
use local_ec2::state::{LaunchData, NetworkSpec};
use local_ec2::{Listing, Setup, StaleDisassociation};
use planner::ids::{AllocationId, AssociationId, InterfaceId};

fn to_interface(address: &AllocationId, interface: &InterfaceId, private: &str) -> AssociateAddress {
    AssociateAddress {
        allocation_id: address.to_string(),
        network_interface_id: interface.to_string(),
        private_ip_address: private.to_owned(),
        ..AssociateAddress::default()
    }
}

fn disassociate(association: &AssociationId) -> DisassociateAddress {
    DisassociateAddress { association_id: association.to_string(), public_ip: String::new() }
}

#[test]
fn an_address_is_taken_over_unless_told_otherwise() {
    let mut stage = Stage::new();
    let (one, other, address) = (stage.instance(), stage.instance(), stage.address());
    let association = stage.associates(&address, &one);
    let careful = AssociateAddress { allow_reassociation: Some(false), ..associate(&address, &other) };
    let words = format!("resource {address} is already associated with associate-id {association}");
    stage.refuses(&careful, "Resource.AlreadyAssociated", &words);
    assert_eq!(stage.cloud.holder_of(&address), Some(&one));
    let new = stage.associates(&address, &other);
    assert_eq!(stage.cloud.holder_of(&address), Some(&other));
    assert_ne!(association, new);
}

#[test]
fn the_same_association_again_changes_nothing() {
    let mut stage = Stage::new();
    let (id, address) = (stage.instance(), stage.address());
    let association = stage.associates(&address, &id);
    let careful = AssociateAddress { allow_reassociation: Some(false), ..associate(&address, &id) };
    assert_eq!(stage.asks(&careful), association);
    assert_eq!(stage.associates(&address, &id), association);
}

#[test]
fn each_association_has_a_new_id() {
    let mut stage = Stage::new();
    let (id, address) = (stage.instance(), stage.address());
    let first = stage.associates(&address, &id);
    stage.asks(&disassociate(&first));
    assert_ne!(stage.associates(&address, &id), first);
}

#[test]
fn a_second_address_on_one_private_address_displaces_the_first() {
    let mut stage = Stage::new();
    let (id, one, other) = (stage.instance(), stage.address(), stage.address());
    stage.associates(&one, &id);
    stage.asks(&AssociateAddress { allow_reassociation: Some(false), ..associate(&other, &id) });
    assert_eq!(stage.association(&one), None);
    assert!(stage.cloud.address(&one).is_some());
    assert_eq!(stage.cloud.holder_of(&other), Some(&id));
}

#[test]
fn two_addresses_live_on_two_private_addresses() {
    let mut stage = Stage::new();
    let network = NetworkSpec { device_index: 0, secondary_private_ip_address_count: 1 };
    let id = stage.runs(LaunchData { network_interfaces: vec![network], ..data(ZONE) });
    let (one, other) = (stage.address(), stage.address());
    let own = stage.shown(&id);
    let interface = &own.interfaces[0];
    stage.associates(&one, &id);
    let secondary = interface.places[1].private.to_string();
    stage.asks(&to_interface(&other, &interface.interface.id, &secondary));
    assert_eq!([&one, &other].map(|address| stage.cloud.holder_of(address)), [Some(&id); 2]);
    let foreign = to_interface(&other, &interface.interface.id, "192.0.2.1");
    stage.refuses(&foreign, "InvalidParameterValue", "192.0.2.1");
}

#[test]
fn a_pending_instance_is_refused_by_id_and_by_interface() {
    let mut stage = Stage::new();
    let view = stage.asks(&run(data(ZONE))).pop().unwrap();
    let (id, interface) = (view.instance.id, view.interfaces[0].interface.id.clone());
    let address = stage.address();
    let words = format!("The pending instance '{id}' is not in a valid state for this operation.");
    stage.refuses(&associate(&address, &id), "InvalidInstanceID", &words);
    stage.refuses(&to_interface(&address, &interface, ""), "IncorrectInstanceState", &words);
}

#[test]
fn an_ending_instance_is_refused_and_an_ended_ones_interface_is_gone() {
    let mut stage = Stage::new();
    let (id, address) = (stage.instance(), stage.address());
    let interface = stage.shown(&id).interfaces[0].interface.id.clone();
    stage.asks(&terminate(&id));
    stage.refuses(&associate(&address, &id), "InvalidInstanceID", "The shutting-down instance");
    stage.refuses(&to_interface(&address, &interface, ""), "IncorrectInstanceState", "shutting-down");
    stage.pass(91);
    stage.refuses(&associate(&address, &id), "InvalidInstanceID", "The terminated instance");
    let call = to_interface(&address, &interface, "");
    stage.refuses(&call, "InvalidNetworkInterfaceID.NotFound", interface.as_str());
}

#[test]
fn an_instance_with_two_interfaces_needs_the_interface_named() {
    let mut stage = Stage::new();
    let (id, address) = (stage.instance(), stage.address());
    let zone = stage.asks(&DescribeAvailabilityZones(Listing::by("zone-name", ZONE))).pop().unwrap();
    let call = CreateNetworkInterface { subnet_id: zone.subnet, ..Default::default() };
    let second = stage.asks(&call).id;
    let call = AttachNetworkInterface {
        network_interface_id: second.to_string(),
        instance_id: id.to_string(),
        device_index: 1,
    };
    stage.asks(&call);
    stage.refuses(&call, "InvalidNetworkInterface.InUse", second.as_str());
    let words = format!("There are multiple interfaces attached to instance '{id}'.");
    stage.refuses(&associate(&address, &id), "InvalidInstanceID", &words);
    let primary = stage.shown(&id).interfaces[0].interface.id.clone();
    stage.asks(&to_interface(&address, &primary, ""));
    stage.asks(&to_interface(&address, &second, ""));
    stage.asks(&terminate(&id));
    stage.pass(91);
    // What was attached later outlives the instance, and so does its association.
    assert_eq!(stage.association(&address), None);
    assert!(stage.asks(&to_interface(&address, &second, "")).as_str().starts_with("eipassoc-"));
}

#[test]
fn an_address_is_let_go_at_the_end_of_its_instance() {
    let mut stage = Stage::new();
    let (id, address) = (stage.instance(), stage.address());
    stage.associates(&address, &id);
    stage.asks(&terminate(&id));
    stage.pass(19);
    assert_eq!(stage.cloud.holder_of(&address), Some(&id));
    stage.pass(72);
    assert_eq!(stage.association(&address), None);
}

#[test]
fn an_ended_association_is_refused_as_seen_or_accepted_as_documented() {
    for (quirk, refused) in [(StaleDisassociation::Refused, true), (StaleDisassociation::Accepted, false)] {
        let mut stage = Stage::with(Setup { stale_disassociation: quirk, ..Setup::default() });
        let (id, address) = (stage.instance(), stage.address());
        let association = stage.associates(&address, &id);
        stage.asks(&disassociate(&association));
        let again = stage.tries(&disassociate(&association));
        assert_eq!(again.is_err(), refused);
        if let Err(error) = again {
            assert_eq!(error.code, "InvalidAssociationID.NotFound");
            assert_eq!(error.message, format!("The association ID '{association}' does not exist"));
        }
        let never = AssociationId::parse("eipassoc-00000000000000001").unwrap();
        stage.refuses(&disassociate(&never), "InvalidAssociationID.NotFound", never.as_str());
    }
}

#[test]
fn a_stale_association_id_takes_nothing_from_anybody() {
    let mut stage = Stage::new();
    let (one, other, address) = (stage.instance(), stage.instance(), stage.address());
    let association = stage.associates(&address, &one);
    stage.associates(&address, &other);
    assert!(stage.tries(&disassociate(&association)).is_err());
    assert_eq!(stage.cloud.holder_of(&address), Some(&other));
}

#[test]
fn an_address_is_let_go_by_its_public_address_too() {
    let mut stage = Stage::new();
    let (id, address) = (stage.instance(), stage.address());
    stage.associates(&address, &id);
    let public_ip = stage.cloud.address(&address).unwrap().public.to_string();
    stage.asks(&DisassociateAddress { association_id: String::new(), public_ip });
    assert_eq!(stage.association(&address), None);
    stage.refuses(&DisassociateAddress::default(), "MissingParameter", "associationId");
}

#[test]
fn unknown_and_contradicting_parameters_are_refused() {
    let mut stage = Stage::new();
    let (id, address) = (stage.instance(), stage.address());
    let neither = AssociateAddress { allocation_id: address.to_string(), ..AssociateAddress::default() };
    stage.refuses(&neither, "MissingParameter", "instanceId");
    let interface = stage.shown(&id).interfaces[0].interface.id.clone();
    let both = AssociateAddress { instance_id: id.to_string(), ..to_interface(&address, &interface, "") };
    stage.refuses(&both, "InvalidParameterCombination", "not both");
    let unknown =
        AssociateAddress { allocation_id: "eipalloc-banana".to_owned(), ..associate(&address, &id) };
    stage.refuses(&unknown, "InvalidAllocationID.NotFound", "eipalloc-banana");
}

#[test]
fn a_private_address_can_be_assigned_later() {
    let mut stage = Stage::new();
    let (id, address) = (stage.instance(), stage.address());
    let interface = stage.shown(&id).interfaces[0].interface.id.clone();
    let call = AssignPrivateIpAddresses {
        network_interface_id: interface.to_string(),
        secondary_private_ip_address_count: 1,
        private_ip_addresses: Vec::new(),
    };
    let private = stage.asks(&call).pop().unwrap();
    stage.asks(&to_interface(&address, &interface, &private.to_string()));
    assert_eq!(stage.cloud.holder_of(&address), Some(&id));
    let again = AssignPrivateIpAddresses { private_ip_addresses: vec![private.to_string()], ..call.clone() };
    stage.refuses(&again, "InvalidParameterValue", "assigned already");
    let many = AssignPrivateIpAddresses { secondary_private_ip_address_count: 14, ..call };
    stage.refuses(&many, "PrivateIpAddressLimitExceeded", "15");
}

#[test]
fn a_network_without_an_internet_gateway_takes_no_address() {
    let mut stage = Stage::new();
    let (id, address) = (stage.instance(), stage.address());
    let interface = stage.shown(&id).interfaces[0].interface.id.clone();
    let words = "Network vpc-00000000000000001 is not attached to any internet gateway";
    stage.cloud.detach_gateway();
    stage.refuses(&associate(&address, &id), "Gateway.NotAttached", words);
    stage.refuses(&to_interface(&address, &interface, ""), "Gateway.NotAttached", words);
    assert_eq!(stage.association(&address), None);
    stage.cloud.attach_gateway();
    stage.associates(&address, &id);
}

#[test]
fn what_is_another_account_s_is_refused() {
    let mut stage = Stage::new();
    let (id, kept, gone) = (stage.instance(), stage.address(), stage.address());
    stage.associates(&gone, &id);
    stage.cloud.give_away(gone.as_str());
    let words = "You do not have permission to access the specified resource.";
    stage.refuses(&associate(&gone, &id), "AuthFailure", words);
    stage.refuses(&ReleaseAddress { allocation_id: gone.to_string() }, "AuthFailure", words);
    let listed: Vec<_> = stage.asks(&DescribeAddresses::default());
    let listed: Vec<_> = listed.into_iter().map(|view| view.address.allocation).collect();
    assert_eq!(listed.iter().collect::<Vec<_>>(), [&kept]);
    let interface = stage.shown(&id).interfaces[0].interface.id.clone();
    stage.cloud.give_away(interface.as_str());
    stage.refuses(&to_interface(&kept, &interface, ""), "AuthFailure", words);
}
