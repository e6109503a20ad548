using System.Text.Json.Nodes;
using Lateen.Config.Decoding.Kubernetes;
using Lateen.Config.Decoding.Mesh;
using Lateen.Config.Snapshots;
using Lateen.Config.Sources.Kubernetes;
using Lateen.ControlPlane.Debug;
using Microsoft.Extensions.Logging;

namespace Lateen.ControlPlane.Watch;

/// <summary>How each kind of object enters the mesh's state; the same for every source.</summary>
internal sealed class ObjectReaders(string domain, string clusterId, string ns, string revision, EventCounters events, ILogger logger)
{
    /// <summary>Name of the ConfigMap that holds MeshConfig.</summary>
    public string MeshConfigMap { get; } = revision is "" or "default" ? "istio" : $"istio-{revision}";

    public Action<MeshState> Service(JsonObject value)
    {
        var service = ServiceDecoder.Read(value, domain, clusterId);
        return state => state.Upsert(service);
    }

    public static Action<MeshState> Slice(JsonObject value)
    {
        var slice = EndpointSliceDecoder.Read(value);
        return state => state.Upsert(slice);
    }

    public Action<MeshState> Pod(JsonObject value)
    {
        var pod = PodDecoder.Read(value, clusterId);
        return state => state.Upsert(pod);
    }

    public static Action<MeshState> Ingress(JsonObject value)
    {
        var read = IngressDecoder.Read(value);
        return state => state.Ingresses.Upsert(read);
    }

    public static Action<MeshState> IngressClass(JsonObject value)
    {
        var read = IngressDecoder.ReadClass(value);
        return state => state.Ingresses.Upsert(read);
    }

    public static Action<MeshState> GatewayApi(string kind, JsonObject value)
    {
        var take = KubernetesGatewayObjects.Read(kind, value);
        return state => take(state.KubernetesGateways);
    }

    public static Action<MeshState> Namespace(JsonObject value)
    {
        var read = ClusterDecoder.ReadNamespace(value);
        return state => state.Upsert(read);
    }

    public static Action<MeshState> Node(JsonObject value)
    {
        var node = ClusterDecoder.ReadNode(value);
        return state => state.Upsert(node);
    }

    public Action<MeshState> ConfigMap(JsonObject value)
    {
        if (value.Namespace() != ns || value.Name() != MeshConfigMap)
        {
            return _ => { };
        }

        var decoded = MeshConfigDecoder.Decode(value.Text("data", "mesh"), $"ConfigMap {ns}/{MeshConfigMap} data.mesh");
        if (!decoded.IsValid)
        {
            foreach (var problem in decoded.Problems)
            {
                WatchLog.MeshConfigRefused(logger, problem.ToString());
            }

            return _ => { };
        }

        var networks = MeshNetworksDecoder.Decode(value.Text("data", "meshNetworks"), $"ConfigMap {ns}/{MeshConfigMap} data.meshNetworks");
        foreach (var problem in networks.Problems)
        {
            WatchLog.MeshConfigRefused(logger, problem.ToString());
        }

        return state =>
        {
            state.SetMesh(decoded.Value!);
            if (networks is { IsValid: true, Value: { } usable })
            {
                state.SetNetworks(usable.Networks);
            }
        };
    }

    public Action<MeshState> Resource(JsonObject value)
    {
        var resource = IstioResource.Read(value);
        if (resource.Problems.Any(problem => problem.Severity == Config.ProblemSeverity.Error))
        {
            events.Count(
                EventCounters.RejectedConfigs,
                $"{MetricText.Label("name", $"{resource.Meta.Namespace}/{resource.Meta.Name}")},{MetricText.Label("type", resource.Meta.Kind)}");
        }

        foreach (var problem in resource.Problems)
        {
            if (problem.Severity == Config.ProblemSeverity.Error)
            {
                WatchLog.Quarantined(logger, problem.ToString());
            }
        }

        return state => state.Upsert(resource.Meta, resource.Config, resource.Problems);
    }
}
