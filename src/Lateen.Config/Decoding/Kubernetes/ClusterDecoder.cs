using System.Text.Json.Nodes;
using Lateen.Config.Sources.Kubernetes;
using Lateen.Model;
using Lateen.Model.Workloads;

namespace Lateen.Config.Decoding.Kubernetes;

/// <summary>Reads Namespaces and Nodes.</summary>
public static class ClusterDecoder
{
    public static MeshNamespace ReadNamespace(JsonObject ns) => new(ns.Name(), ns.Pairs("metadata", "labels").ToEquatableMap());

    public static Node ReadNode(JsonObject node) => new()
    {
        Name = node.Name(),
        Labels = node.Pairs("metadata", "labels").ToEquatableMap(),
        Addresses = node.Items("status", "addresses").Select(address => address.Text("address")).ToEquatableArray(),
        ExternalAddresses = node.Items("status", "addresses")
            .Where(address => address.Text("type") == "ExternalIP")
            .Select(address => address.Text("address"))
            .ToEquatableArray(),
    };
}
