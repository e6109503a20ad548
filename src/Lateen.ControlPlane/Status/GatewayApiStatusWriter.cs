using System.Globalization;
using System.Text.Json.Nodes;
using Lateen.Config;
using Lateen.Config.Sources.Kubernetes;
using Lateen.ControlPlane.Reconcile;
using Lateen.Model;
using Lateen.Model.KubernetesGateways;
using Microsoft.Extensions.Logging;

namespace Lateen.ControlPlane.Status;

/// <summary>Writes the statuses of GatewayClasses, Gateways and routes: what took them, what did not and why, and where they are reached.</summary>
/// <remarks>What would be written is compared with what was, so that the API server is asked only about objects of which something else is to be said.</remarks>
internal sealed class GatewayApiStatusWriter(KubernetesClient client, TimeProvider time, ILogger logger)
{
    private const string AboutDeployment =
        " (gateways are not deployed by this control plane: create a Service of that name over gateway pods, or name one in spec.addresses with type Hostname)";

    private static readonly Dictionary<string, ResourceType> Types = ResourceTypes.GatewayApi.ToDictionary(type => type.Kind);

    private readonly ReconcileQueue<ResourceName> _queue = new("gateway-api-status", time, logger);
    private readonly Dictionary<ResourceName, string> _written = [];
    private Round _round = new(KubernetesGatewayResult.Empty, MeshSnapshot.Empty);

    /// <summary>Takes what became of the objects, and the mesh that they are served by.</summary>
    public void Take(KubernetesGatewayResult result, MeshSnapshot mesh)
    {
        var (before, now) = (_round, new Round(result, mesh));
        Volatile.Write(ref _round, now);
        if (!ReferenceEquals(before.Result, result) || !ReferenceEquals(before.Mesh.Index.ServiceTable, mesh.Index.ServiceTable))
        {
            AddAll(now);
        }
        else if (!before.Mesh.Endpoints.IsSame(mesh.Endpoints))
        {
            // Where a Gateway is reached follows from the endpoints of its Services.
            foreach (var gateway in result.Gateways)
            {
                _queue.Add(NameOf(gateway.Gateway.Meta));
            }
        }
    }

    /// <summary>Writes until cancelled; again from the beginning when it is run again, for somebody else may have written meanwhile.</summary>
    public Task RunAsync(CancellationToken cancellation)
    {
        _written.Clear();
        AddAll(Volatile.Read(ref _round));
        return _queue.RunAsync(WriteAsync, cancellation);
    }

    private void AddAll(Round round)
    {
        foreach (var value in round.Result.Classes)
        {
            _queue.Add(new ResourceName("GatewayClass", "", value.Name));
        }

        foreach (var gateway in round.Result.Gateways)
        {
            _queue.Add(NameOf(gateway.Gateway.Meta));
        }

        foreach (var route in round.Result.Routes)
        {
            _queue.Add(NameOf(route.Route.Meta));
        }
    }

    private static ResourceName NameOf(ConfigMeta meta) => new(meta.Kind, meta.Namespace, meta.Name);

    private async Task WriteAsync(ResourceName name, CancellationToken cancellation)
    {
        var round = Volatile.Read(ref _round);
        if (StatusOf(name, round, "") is not { } make)
        {
            _written.Remove(name);
            return;
        }

        var wanted = make.Status(null).ToJsonString();
        if (_written.GetValueOrDefault(name) == wanted)
        {
            return;
        }

        var type = Types[name.Kind];
        if (await client.FindAsync(type, name.Namespace, name.Name, cancellation) is not { } stored || stored.Number("metadata", "generation") != make.Generation)
        {
            return;
        }

        var status = StatusOf(name, round, time.GetUtcNow().ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture))!.Status(stored["status"]);
        if (status.Any(member => !IsSame(member.Value, stored["status"].At(member.Key))))
        {
            try
            {
                await client.PatchAsync(type, new ObjectKey(name.Namespace, name.Name), PatchKind.Merge, new JsonObject { ["status"] = status }, cancellation, "status");
            }
            catch (KubernetesApiException exception) when (exception.IsNotFound)
            {
                // Deleted meanwhile.
                return;
            }
        }

        _written[name] = wanted;
    }

    // A route that is not for this controller gets no empty list of parents.
    private static bool IsSame(JsonNode? wanted, JsonNode? stored) => JsonNode.DeepEquals(wanted, stored) || (wanted is JsonArray { Count: 0 } && stored is null);

    private static Made? StatusOf(ResourceName name, Round round, string now)
    {
        var statuses = new GatewayApiStatus(round.Mesh, now, AboutDeployment);
        switch (name.Kind)
        {
            case "GatewayClass":
                return round.Result.Classes.FirstOrDefault(known => known.Name == name.Name) is { } found ? new(found.Generation, stored => statuses.OfClass(found, stored)) : null;
            case "Gateway":
                return round.Gateways.TryGetValue(name, out var gateway)
                    ? new(gateway.Gateway.Meta.Generation, stored => statuses.OfGateway(gateway, round.Result.Attached, stored))
                    : null;
            default:
                return round.Routes.TryGetValue(name, out var route)
                    ? new(route.Route.Meta.Generation, stored => statuses.OfRoute(route, stored))
                    : null;
        }
    }

    private sealed record Made(long Generation, Func<JsonNode?, JsonObject> Status);

    private sealed class Round(KubernetesGatewayResult result, MeshSnapshot mesh)
    {
        private readonly Lazy<Dictionary<ResourceName, ConvertedGateway>> _gateways = new(() => result.Gateways.ToDictionary(gateway => NameOf(gateway.Gateway.Meta)));
        private readonly Lazy<Dictionary<ResourceName, ConvertedRoute>> _routes = new(() => result.Routes.ToDictionary(route => NameOf(route.Route.Meta)));

        public KubernetesGatewayResult Result => result;

        public MeshSnapshot Mesh => mesh;

        public Dictionary<ResourceName, ConvertedGateway> Gateways => _gateways.Value;

        public Dictionary<ResourceName, ConvertedRoute> Routes => _routes.Value;
    }
}
