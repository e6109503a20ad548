using System.Text.Json.Nodes;
using Lateen.Config.Sources.Kubernetes;

namespace Lateen.Sandbox.Controllers;

/// <summary>Gives every namespace its service account <c>default</c> and the ConfigMap <c>kube-root-ca.crt</c> with the API server's authority.</summary>
internal sealed class ServiceAccountController : Controller
{
    private const string Account = "default";
    private const string RootConfigMap = "kube-root-ca.crt";

    private readonly ObjectCache _namespaces;
    private readonly ObjectCache _accounts;
    private readonly ObjectCache _configMaps;
    private readonly string _authority;

    /// <param name="authority">The API server's certificate authority, PEM.</param>
    public ServiceAccountController(ControllerContext context, string authority)
        : base(context)
    {
        _authority = authority;
        _namespaces = Follow(ResourceTypes.Namespaces);
        _accounts = Follow(ResourceTypes.ServiceAccounts);
        _configMaps = Follow(ResourceTypes.ConfigMaps);
    }

    public override void Changed(ResourceType type, JsonObject? before, JsonObject? after)
    {
        JsonObject value = (after ?? before)!;
        if (type == ResourceTypes.Namespaces)
        {
            Queue.Add(ObjectKey.Of(value));
        }
        else if ((type == ResourceTypes.ServiceAccounts && value.Name() == Account && after is null)
            || (type == ResourceTypes.ConfigMaps && value.Name() == RootConfigMap))
        {
            Queue.Add(new ObjectKey("", value.Namespace()));
        }
    }

    protected override async Task ReconcileAsync(ObjectKey key, CancellationToken cancellation)
    {
        if (_namespaces.Find(key) is not { } ns || ns.IsTerminating())
        {
            return;
        }

        if (_accounts.Find(new ObjectKey(key.Name, Account)) is null)
        {
            await CreateAsync(ResourceTypes.ServiceAccounts, key.Name, Account, [], cancellation);
        }

        JsonObject data = new() { ["ca.crt"] = _authority };
        JsonObject? root = _configMaps.Find(new ObjectKey(key.Name, RootConfigMap));
        if (root is null)
        {
            await CreateAsync(ResourceTypes.ConfigMaps, key.Name, RootConfigMap, new JsonObject { ["data"] = data }, cancellation);
        }
        else if (!JsonNode.DeepEquals(root["data"], data))
        {
            await Client.PatchAsync(
                ResourceTypes.ConfigMaps, ObjectKey.Of(root), PatchKind.Merge, new JsonObject { ["data"] = data }, cancellation);
        }
    }

    private async Task CreateAsync(ResourceType type, string ns, string name, JsonObject value, CancellationToken cancellation)
    {
        value["apiVersion"] = type.ApiVersion;
        value["kind"] = type.Kind;
        value["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = ns };
        try
        {
            await Client.CreateAsync(type, ns, value, cancellation);
        }
        catch (KubernetesApiException error) when (error.IsAlreadyExists)
        {
            // The cache is behind.
        }
    }
}
