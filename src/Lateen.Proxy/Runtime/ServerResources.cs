using Envoy.Config.Endpoint.V3;
using Envoy.Config.Listener.V3;
using Envoy.Config.Route.V3;
using Envoy.Extensions.TransportSockets.Tls.V3;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Lateen.Api;
using Lateen.Proxy.Compile;
using Lateen.Proxy.Packing;
using Lateen.Proxy.Routing;
using Lateen.Proxy.Views;
using Microsoft.Extensions.Logging;
using Cluster = Envoy.Config.Cluster.V3.Cluster;

namespace Lateen.Proxy.Runtime;

/// <summary>Resources as the control plane sends them: decoded, compiled, put to work or refused one by one. Used under the server's lock.</summary>
internal sealed class ServerResources
{
    private readonly ProxyRuntime _runtime;
    private readonly ClusterSet _clusters;
    private readonly ListenerSet _listeners;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Dictionary<string, ResourceStore> _stores = [];

    // Those that RDS has filled: a listener may come for them later.
    private readonly Dictionary<string, RouteState> _routes = [];

    /// <param name="assignments">The endpoints that are accepted, which the clusters look at too.</param>
    public ServerResources(
        ProxyRuntime runtime, ResourceStore assignments, (ClusterSet Clusters, ListenerSet Listeners) sets, TimeProvider time, ILogger logger)
    {
        (_runtime, (_clusters, _listeners), _time, _logger) = (runtime, sets, time, logger);
        _stores[TypeUrls.ClusterLoadAssignment] = assignments;
        foreach (string type in (string[])[TypeUrls.Cluster, TypeUrls.Listener, TypeUrls.RouteConfiguration, TypeUrls.Secret])
        {
            _stores[type] = new ResourceStore(type, isSecret: type == TypeUrls.Secret);
        }
    }

    /// <summary>What was told of a type; null for a type that this proxy does not take.</summary>
    public ResourceStore? StoreOf(string typeUrl) => _stores.GetValueOrDefault(typeUrl);

    /// <summary>Takes a response: what it holds, then what is gone with it.</summary>
    /// <param name="typeUrl">The type.</param>
    /// <param name="version">Of the response.</param>
    /// <param name="resources">What it holds.</param>
    /// <param name="goneOf">The names that are to be removed, asked with the type's resources and the names that the response holds.</param>
    public List<ResourceProblem> Take(
        string typeUrl, string version, IReadOnlyList<Any> resources, Func<ResourceStore, HashSet<string>, IReadOnlyList<string>> goneOf)
    {
        if (StoreOf(typeUrl) is not { } store)
        {
            return [new ResourceProblem("", "type_url", $"{typeUrl} is not a type that this proxy takes")];
        }
        List<ResourceProblem> problems = [];
        HashSet<string> names = [];
        int changed = 0;
        foreach (Any resource in resources)
        {
            changed += ApplyOne(typeUrl, version, store, resource, names, problems) ? 1 : 0;
        }
        IReadOnlyList<string> gone = goneOf(store, names);
        Remove(typeUrl, gone);
        problems.AddRange(_listeners.ActivateWarm().Select(p => new ResourceProblem("", "address", p)));
        store.HasBeenApplied = true;
        if (problems.Count == 0)
        {
            store.Version = version;
        }
        ProxyLog.Applied(_logger, resources.Count, TypeUrls.ShortName(typeUrl), version, changed, gone.Count);
        return problems;
    }

    public void Remove(string typeUrl, IReadOnlyList<string> names)
    {
        if (StoreOf(typeUrl) is { } store)
        {
            foreach (string name in names)
            {
                RemoveOne(typeUrl, store, name);
            }
        }
    }

    // Returns true if something was taken that differs from before.
    private bool ApplyOne(
        string typeUrl, string version, ResourceStore store, Any resource, HashSet<string> names, List<ResourceProblem> problems)
    {
        string name;
        IMessage message;
        try
        {
            (name, message) = Decode(typeUrl, resource);
        }
        catch (InvalidProtocolBufferException e)
        {
            problems.Add(new ResourceProblem("", "", $"the resource cannot be decoded: {e.Message}"));
            return false;
        }
        names.Add(name);
        if (store.Find(name)?.IsOf(resource.Value.Span) == true)
        {
            return false;
        }
        CompileScope scope = new(_runtime, name);
        PackedBytes received = store.Packer.Pack(resource.Value.Span);
        Put(scope, message, received);
        if (scope.Problems.Count > 0)
        {
            problems.AddRange(scope.Problems);
            store.Refuse(name, new RefusedResource(scope.Problems[0], version, _time.GetUtcNow()));
            ProxyLog.Refused(_logger, TypeUrls.ShortName(typeUrl), scope.Problems[0].ToString());
            return false;
        }
        // Thousands of resources share what is the same in them.
        name = typeUrl is TypeUrls.Cluster or TypeUrls.ClusterLoadAssignment ? _runtime.FindCluster(name)?.Name ?? name : name;
        store.Accept(name, version, _time.GetUtcNow(), received);
        return true;
    }

    private static (string Name, IMessage Message) Decode(string typeUrl, Any resource)
    {
        switch (typeUrl)
        {
            case TypeUrls.Cluster:
                Cluster cluster = Cluster.Parser.ParseFrom(resource.Value);
                return (cluster.Name, cluster);
            case TypeUrls.ClusterLoadAssignment:
                ClusterLoadAssignment assignment = ClusterLoadAssignment.Parser.ParseFrom(resource.Value);
                return (assignment.ClusterName, assignment);
            case TypeUrls.Listener:
                Listener listener = Listener.Parser.ParseFrom(resource.Value);
                return (listener.Name, listener);
            case TypeUrls.Secret:
                Secret secret = Secret.Parser.ParseFrom(resource.Value);
                return (secret.Name, secret);
            default:
                RouteConfiguration route = RouteConfiguration.Parser.ParseFrom(resource.Value);
                return (route.Name, route);
        }
    }

    private void Put(CompileScope scope, IMessage message, PackedBytes received)
    {
        switch (message)
        {
            case Cluster cluster:
                _clusters.Put(scope, cluster, received);
                break;
            case ClusterLoadAssignment assignment:
                _clusters.PutEndpoints(scope, assignment, received);
                break;
            case Listener listener:
                _listeners.Put(scope, listener);
                break;
            case Secret secret:
                if (SecretCompiler.Compile(scope, secret) is { } compiled)
                {
                    _runtime.SecretOf(secret.Name, isLocal: true).Current = compiled;
                }
                break;
            case RouteConfiguration route:
                if (RouteCompiler.Compile(scope, route, received) is { } table)
                {
                    RouteState state = _routes[route.Name] = _runtime.RouteOf(route.Name);
                    state.Table = table;
                }
                break;
        }
    }

    private void RemoveOne(string typeUrl, ResourceStore store, string name)
    {
        if (!store.Remove(name))
        {
            return;
        }
        switch (typeUrl)
        {
            case TypeUrls.Cluster:
                _clusters.Remove(name);
                break;
            case TypeUrls.RouteConfiguration:
                _routes.Remove(name);
                break;
            case TypeUrls.Secret when _runtime.FindSecret(name) is { } secret:
                secret.Current = null;
                break;
            case TypeUrls.Listener:
                _listeners.Remove(name);
                break;
        }
    }
}
