using System.Net;
using System.Text.Json.Nodes;
using Lateen.Sandbox.Api.Auth;
using Lateen.Sandbox.Api.Objects;
using Lateen.Sandbox.Api.Resources;
using Lateen.Sandbox.Api.Serving;
using Lateen.Sandbox.Store;

namespace Lateen.Sandbox.Api;

/// <summary>Writes what every cluster has from its first moment, and what every namespace is born with.</summary>
/// <remarks>
/// The default ServiceAccount and the ConfigMap with the root certificate are written together with their namespace, where a
/// cluster's controllers write them a moment later: a pod created right after its namespace then never fails for want of them.
/// </remarks>
internal sealed class Bootstrap(ObjectStore store, ObjectWriter writer, string authorityPem)
{
    private static readonly string[] Namespaces = ["default", "kube-node-lease", "kube-public", "kube-system"];

    public async Task WriteClusterAsync(IPAddress advertised, int port, string serviceAddress, CancellationToken cancel)
    {
        foreach (var name in Namespaces)
        {
            await EnsureAsync("", "namespaces", "", new JsonObject { ["metadata"] = new JsonObject { ["name"] = name } }, cancel);
            await FurnishAsync(name, cancel);
        }

        await EnsureAsync("", "services", "default", new JsonObject
        {
            ["metadata"] = Labelled(("component", "apiserver"), ("provider", "kubernetes")),
            ["spec"] = new JsonObject
            {
                ["clusterIP"] = serviceAddress,
                ["ports"] = new JsonArray(new JsonObject { ["name"] = "https", ["port"] = 443, ["protocol"] = "TCP", ["targetPort"] = port }),
            },
        }, cancel);
        await ReplaceAsync("", "endpoints", new JsonObject
        {
            ["metadata"] = Labelled(("endpointslice.kubernetes.io/skip-mirror", "true")),
            ["subsets"] = new JsonArray(new JsonObject
            {
                ["addresses"] = new JsonArray(new JsonObject { ["ip"] = advertised.ToString() }),
                ["ports"] = new JsonArray(new JsonObject { ["name"] = "https", ["port"] = port, ["protocol"] = "TCP" }),
            }),
        }, cancel);
        await ReplaceAsync("discovery.k8s.io", "endpointslices", new JsonObject
        {
            ["metadata"] = Labelled(("kubernetes.io/service-name", "kubernetes")),
            ["addressType"] = "IPv4",
            ["endpoints"] = new JsonArray(new JsonObject
            {
                ["addresses"] = new JsonArray(advertised.ToString()),
                ["conditions"] = new JsonObject { ["ready"] = true },
            }),
            ["ports"] = new JsonArray(new JsonObject { ["name"] = "https", ["port"] = port, ["protocol"] = "TCP" }),
        }, cancel);
    }

    /// <summary>Gives a namespace its default ServiceAccount and its copy of the root certificate.</summary>
    public async Task FurnishAsync(string ns, CancellationToken cancel)
    {
        await EnsureAsync("", "serviceaccounts", ns, new JsonObject { ["metadata"] = new JsonObject { ["name"] = "default" } }, cancel);
        await EnsureAsync("", "configmaps", ns, new JsonObject
        {
            ["metadata"] = new JsonObject
            {
                ["name"] = "kube-root-ca.crt",
                ["annotations"] = new JsonObject
                {
                    ["kubernetes.io/description"] = "Contains the certificate with which the connection to the API endpoint is verified.",
                },
            },
            ["data"] = new JsonObject { ["ca.crt"] = authorityPem },
        }, cancel);
    }

    private static JsonObject Labelled(params (string Key, string Value)[] labels) => new()
    {
        ["name"] = "kubernetes",
        ["labels"] = new JsonObject(labels.Select(l => KeyValuePair.Create(l.Key, (JsonNode?)l.Value))),
    };

    private static ApiRequest Request(string group, string plural, string ns, string name)
    {
        var resource = ResourceCatalog.BuiltIn.FindAny(group, plural)!;
        return new ApiRequest(
            new RequestTarget(group, resource.Version, plural, ns, name, "", ""), resource, UserIdentity.Server, new Dictionary<string, string>());
    }

    private async Task EnsureAsync(string group, string plural, string ns, JsonObject obj, CancellationToken cancel)
    {
        var request = Request(group, plural, ns, "");
        if (store.Get(new ObjectKey(request.Resource.GroupResource, ns, obj.Obj("metadata").Str("name")!)) is not null)
        {
            return;
        }

        try
        {
            await writer.CreateAsync(request, obj, cancel);
        }
        catch (ApiException error) when (error.Reason == "AlreadyExists")
        {
            // The service account controller saw the namespace first.
        }
    }

    /// <summary>Addresses and ports may differ from the last start's.</summary>
    private async Task ReplaceAsync(string group, string plural, JsonObject obj, CancellationToken cancel)
    {
        await EnsureAsync(group, plural, "default", obj.DeepClone().AsObject(), cancel);
        await writer.ReplaceAsync(Request(group, plural, "default", "kubernetes"), obj, cancel);
    }
}
