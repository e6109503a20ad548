using System.Text.Json.Nodes;
using Lateen.Model;
using Lateen.Model.Services;
using Lateen.Model.Workloads;

namespace Lateen.ControlPlane.Debug;

/// <summary>Services, ports and endpoints in the JSON that Istio's debug pages print.</summary>
internal static class ServiceJson
{
    public static JsonObject Of(Service service) => new()
    {
        ["Attributes"] = new JsonObject
        {
            ["ServiceRegistry"] = service.Registry.ToString(),
            ["Name"] = service.Name,
            ["Namespace"] = service.Namespace,
            ["Labels"] = Map(service.Labels),
            ["ExportTo"] = new JsonObject(service.ExportTo.Distinct().Select(name => KeyValuePair.Create(name, (JsonNode?)new JsonObject()))),
            ["LabelSelectors"] = Map(service.Selector),
            ["Type"] = service.Type,
            ["ExternalName"] = service.ExternalName,
            ["NodeLocal"] = service.NodeLocal,
        },
        ["ports"] = new JsonArray([.. service.Ports.Select(port => (JsonNode)Of(port))]),
        ["serviceAccounts"] = Texts(service.ServiceAccounts),
        ["creationTime"] = service.CreationTime,
        ["hostname"] = service.Hostname,
        ["clusterVIPs"] = new JsonObject
        {
            ["Addresses"] = new JsonObject(service.ClusterAddresses.Select(entry => KeyValuePair.Create(entry.Key, (JsonNode?)Texts(entry.Value)))),
        },
        ["defaultAddress"] = service.Address,
        ["autoAllocatedIPv4Address"] = service.AutoAllocatedAddresses.IsEmpty ? "" : service.AutoAllocatedAddresses[0],

        // Istio prints the number of its enumeration: 0 client-side, 1 DNS, 2 DNS round robin, 3 pass-through, 4 alias.
        ["Resolution"] = (int)service.Resolution,
        ["MeshExternal"] = service.MeshExternal,
        ["ResourceVersion"] = service.ResourceVersion,
    };

    public static JsonObject Of(ServicePort port) => new()
    {
        ["name"] = port.Name, ["port"] = port.Number, ["protocol"] = Protocols.Name(port.Protocol),
    };

    public static JsonObject Of(Endpoint endpoint) => new()
    {
        ["Labels"] = Map(endpoint.Labels),
        ["Address"] = endpoint.Address,
        ["ServicePortName"] = endpoint.ServicePortName,
        ["ServiceAccount"] = endpoint.ServiceAccount,
        ["Network"] = endpoint.Network,
        ["Locality"] = Of(endpoint.Locality, endpoint.ClusterId),
        ["EndpointPort"] = endpoint.Port,
        ["LbWeight"] = endpoint.Weight,
        ["TLSMode"] = endpoint.TlsMode,
        ["Namespace"] = endpoint.Namespace,
        ["WorkloadName"] = endpoint.WorkloadName,
        ["HostName"] = endpoint.HostName,
        ["SubDomain"] = endpoint.Subdomain,

        // Istio's numbers: 1 healthy, 2 unhealthy, 3 draining.
        ["HealthStatus"] = 1 + (int)endpoint.Health,
        ["NodeName"] = endpoint.NodeName,
    };

    /// <summary>One port of a service at one endpoint.</summary>
    public static JsonObject Instance(Service service, ServicePort port, JsonObject endpoint) => new()
    {
        ["service"] = Of(service), ["servicePort"] = Of(port), ["endpoint"] = endpoint,
    };

    public static JsonObject Of(Locality locality, string cluster) => new() { ["Label"] = locality.ToString(), ["ClusterID"] = cluster };

    public static JsonObject Map(EquatableMap<string, string> map) =>
        new(map.Select(entry => KeyValuePair.Create(entry.Key, (JsonNode?)entry.Value)));

    public static JsonArray Texts(EquatableArray<string> texts) => [.. texts.Select(text => (JsonNode)text)];
}
