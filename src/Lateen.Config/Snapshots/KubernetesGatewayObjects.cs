using System.Text.Json.Nodes;
using Lateen.Config.Decoding.Kubernetes;
using Lateen.Config.Sources.Kubernetes;
using Lateen.Model;
using Lateen.Model.KubernetesGateways;

namespace Lateen.Config.Snapshots;

/// <summary>The objects of the Gateway API as the source told them, and the resources that they stand for.</summary>
/// <remarks>Owned by the writer of <see cref="MeshState"/>.</remarks>
public sealed class KubernetesGatewayObjects
{
    private readonly Dictionary<string, GatewayClass> _classes = [];
    private readonly Dictionary<ObjectKey, KubernetesGateway> _gateways = [];
    private readonly Dictionary<(string Kind, ObjectKey Key), KubernetesRoute> _routes = [];
    private readonly Dictionary<ObjectKey, ReferenceGrant> _grants = [];
    private readonly Dictionary<ObjectKey, string?> _certificates = [];
    private readonly KubernetesGatewayConversion _conversion = new();
    private readonly Func<string, bool> _isFollowed;
    private ReferenceGrants? _granted = ReferenceGrants.None;

    /// <param name="isFollowed">Whether the control plane attends to a namespace.</param>
    internal KubernetesGatewayObjects(Func<string, bool> isFollowed) => _isFollowed = isFollowed;

    /// <summary>Whether the resources have to be made anew.</summary>
    internal bool HasChanges { get; private set; }

    /// <summary>What became of the objects, as of the last snapshot.</summary>
    public KubernetesGatewayResult Result { get; private set; } = KubernetesGatewayResult.Empty;

    /// <summary>Who may refer to what, of the namespaces that are attended to.</summary>
    public ReferenceGrants Grants =>
        _granted ??= new(_grants.Where(entry => _isFollowed(entry.Key.Namespace)).Select(entry => entry.Value)
            .OrderBy(grant => grant.Meta.Namespace, StringComparer.Ordinal).ThenBy(grant => grant.Meta.Name, StringComparer.Ordinal).ToEquatableArray());

    /// <summary>Whether a kind of gateway.networking.k8s.io is read.</summary>
    public static bool Knows(string kind) => kind is "GatewayClass" or "Gateway" or "ReferenceGrant" or KubernetesRoute.Http or KubernetesRoute.Tcp or KubernetesRoute.Tls;

    /// <summary>Reads an object of a kind that is known.</summary>
    /// <returns>What takes it into a state.</returns>
    public static Action<KubernetesGatewayObjects> Read(string kind, JsonObject value)
    {
        switch (kind)
        {
            case "GatewayClass":
                var found = GatewayApiDecoder.ReadClass(value);
                return objects => objects.HasChanges |= Put(objects._classes, found.Name, found);
            case "Gateway":
                var gateway = GatewayApiDecoder.ReadGateway(value);
                return objects => objects.HasChanges |= Put(objects._gateways, KeyOf(gateway.Meta), gateway);
            case "ReferenceGrant":
                var grant = GatewayApiDecoder.ReadGrant(value);
                return objects =>
                {
                    if (Put(objects._grants, KeyOf(grant.Meta), grant))
                    {
                        objects.Touch();
                    }
                };
            default:
                var route = GatewayApiDecoder.ReadRoute(value, kind);
                return objects => objects.HasChanges |= Put(objects._routes, (kind, KeyOf(route.Meta)), route);
        }
    }

    public void Delete(string kind, ObjectKey key)
    {
        switch (kind)
        {
            case "GatewayClass":
                HasChanges |= _classes.Remove(key.Name);
                break;
            case "Gateway":
                HasChanges |= _gateways.Remove(key);
                break;
            case "ReferenceGrant":
                if (_grants.Remove(key))
                {
                    Touch();
                }

                break;
            default:
                HasChanges |= _routes.Remove((kind, key));
                break;
        }
    }

    /// <summary>Takes a Secret with a certificate.</summary>
    /// <param name="problem">Why it can not be used; null when it can.</param>
    public void SetCertificate(ObjectKey key, string? problem)
    {
        if (!_certificates.TryGetValue(key, out var known) || known != problem)
        {
            _certificates[key] = problem;
            HasChanges |= _gateways.Count > 0;
        }
    }

    public void DeleteCertificate(ObjectKey key) => HasChanges |= _certificates.Remove(key) && _gateways.Count > 0;

    /// <summary>Namespaces or their labels changed: who may attach may follow from them.</summary>
    internal void NamespacesChanged() => HasChanges |= _gateways.Values.Any(gateway => gateway.Listeners.Any(listener => listener.From == RouteNamespaces.Selector));

    /// <summary>A ServiceEntry changed: its hosts may be what a route is for.</summary>
    internal void EntriesChanged() => HasChanges |= _routes.Values.Any(route => route.Parents.Any(parent => parent.Kind == "ServiceEntry"));

    /// <summary>Something changed that all objects depend on.</summary>
    internal void Touch()
    {
        _granted = null;
        HasChanges |= _gateways.Count > 0 || _routes.Count > 0 || _grants.Count > 0;
    }

    /// <summary>What the objects stand for now; what did not change is the same object as before.</summary>
    internal EquatableArray<IIstioConfig> Convert(Func<Func<string, string, string?>, GatewaySurroundings> around)
    {
        if (HasChanges)
        {
            HasChanges = false;
            var served = _gateways.Values.Where(gateway => _isFollowed(gateway.Meta.Namespace)
                && GatewayNames.ControllerOf(gateway.ClassName, _classes.GetValueOrDefault) == GatewayNames.Controller);
            Result = _conversion.Convert(served, _routes.Values.Where(route => _isFollowed(route.Meta.Namespace)), Grants, around(CertificateProblem)) with
            {
                Classes = _classes.Values.Where(known => GatewayNames.IsOurs(known.Controller)).OrderBy(known => known.Name, StringComparer.Ordinal).ToEquatableArray(),
            };
        }

        return Result.Configs;
    }

    private static ObjectKey KeyOf(ConfigMeta meta) => new(meta.Namespace, meta.Name);

    private static bool Put<TKey, TValue>(Dictionary<TKey, TValue> objects, TKey key, TValue value)
        where TKey : notnull
        where TValue : class
    {
        if (objects.TryGetValue(key, out var known) && known.Equals(value))
        {
            return false;
        }

        objects[key] = value;
        return true;
    }

    private string? CertificateProblem(string ns, string name) =>
        _certificates.TryGetValue(new ObjectKey(ns, name), out var problem) ? problem : $"secret {ns}/{name} not found";
}
