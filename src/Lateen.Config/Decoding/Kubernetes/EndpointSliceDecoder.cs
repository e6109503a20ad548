using System.Text.Json.Nodes;
using Lateen.Config.Sources.Kubernetes;
using Lateen.Model;

namespace Lateen.Config.Decoding.Kubernetes;

/// <summary>A part of the addresses of one Service (discovery.k8s.io/v1, v1beta1), or the whole of them when it comes from Endpoints.</summary>
/// <param name="ServiceName">The Service, in the same namespace.</param>
public sealed record EndpointSlice(
    string Namespace, string Name, string ServiceName, EquatableArray<SlicePort> Ports, EquatableArray<SliceEndpoint> Endpoints);

/// <param name="Name">The service port's name, empty for the single unnamed one.</param>
/// <param name="Number">The workload's port.</param>
public sealed record SlicePort(string Name, int Number);

/// <param name="PodName">The pod behind the address; empty when there is none.</param>
public sealed record SliceEndpoint(string Address, bool Ready, bool Terminating, string PodName, string NodeName, string HostName);

/// <summary>Reads EndpointSlice and Endpoints.</summary>
public static class EndpointSliceDecoder
{
    private const string ServiceNameLabel = "kubernetes.io/service-name";

    public static EndpointSlice Read(JsonObject slice) => new(
        slice.Namespace(),
        slice.Name(),
        slice.Labels().Text(ServiceNameLabel),
        slice.Items("ports").Where(port => port.Number("port") is not null).Select(ReadPort).ToEquatableArray(),
        slice.Items("endpoints").SelectMany(ReadEndpoint).ToEquatableArray());

    /// <summary>Reads the older Endpoints kind; each subset has ports of its own, so it becomes slices.</summary>
    public static EquatableArray<EndpointSlice> ReadEndpoints(JsonObject endpoints) =>
        endpoints.Items("subsets")
            .Select((subset, index) => new EndpointSlice(
                endpoints.Namespace(),
                $"{endpoints.Name()}/{index}",
                endpoints.Name(),
                subset.Items("ports").Select(ReadPort).ToEquatableArray(),
                subset.Items("addresses").Select(address => ReadAddress(address, ready: true))
                    .Concat(subset.Items("notReadyAddresses").Select(address => ReadAddress(address, ready: false)))
                    .ToEquatableArray()))
            .ToEquatableArray();

    private static SlicePort ReadPort(JsonObject port) => new(port.Text("name"), (int)(port.Number("port") ?? 0));

    private static IEnumerable<SliceEndpoint> ReadEndpoint(JsonObject endpoint)
    {
        // discovery.k8s.io/v1 EndpointConditions: a missing ready means ready.
        var ready = endpoint.At("conditions", "ready") is null || endpoint.Flag("conditions", "ready");
        var terminating = endpoint.Flag("conditions", "terminating");
        var pod = endpoint.Text("targetRef", "kind") == "Pod" ? endpoint.Text("targetRef", "name") : "";

        // discovery.k8s.io/v1beta1 Endpoint: the node's name is one of the topology labels, where it is not a field yet.
        var node = endpoint.Text("nodeName") is { Length: > 0 } name ? name : endpoint.Text("topology", "kubernetes.io/hostname");
        return endpoint.Texts("addresses").Select(address => new SliceEndpoint(
            address, ready, terminating, pod, node, endpoint.Text("hostname")));
    }

    private static SliceEndpoint ReadAddress(JsonObject address, bool ready) => new(
        address.Text("ip"),
        ready,
        false,
        address.Text("targetRef", "kind") == "Pod" ? address.Text("targetRef", "name") : "",
        address.Text("nodeName"),
        address.Text("hostname"));
}
