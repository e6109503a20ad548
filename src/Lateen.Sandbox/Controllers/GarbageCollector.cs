using System.Text.Json.Nodes;
using Lateen.Config.Sources.Kubernetes;

namespace Lateen.Sandbox.Controllers;

/// <summary>Deletes what lost its owners, and holds owners that wait for their dependents (Kubernetes documentation, "Garbage Collection").</summary>
/// <remarks>Looks at the types that Lateen's controllers make; other owners are looked up by request.</remarks>
internal sealed class GarbageCollector
{
    private static readonly ResourceType[] Types =
    [
        ResourceTypes.Deployments, ResourceTypes.ReplicaSets, ResourceTypes.Pods, ResourceTypes.Services,
        ResourceTypes.Endpoints, ResourceTypes.EndpointSlices, ResourceTypes.ConfigMaps, ResourceTypes.Secrets,
    ];

    private readonly List<Collector> _collectors;

    public GarbageCollector(ControllerContext context)
    {
        _collectors = [];
        _collectors.AddRange(Types.Select(type => new Collector(context, type, this)));
    }

    public Task RunAsync(CancellationToken cancellation) =>
        Task.WhenAll(_collectors.Select(collector => collector.RunAsync(cancellation)));

    // An owner went or is going: its dependents are looked at, whatever their type.
    private void OwnerChanged(string uid)
    {
        foreach (Collector collector in _collectors)
        {
            collector.AddDependents(uid);
        }
    }

    private IEnumerable<(ResourceType Type, JsonObject Value)> Dependents(string uid) => _collectors.SelectMany(
        collector => collector.Dependents(uid).Select(value => (collector.Type, value)));

    private ObjectCache? CacheOf(string apiVersion, string kind) =>
        _collectors.FirstOrDefault(collector => collector.Type.ApiVersion == apiVersion && collector.Type.Kind == kind)?.Objects;

    private sealed class Collector : Controller
    {
        private const string Foreground = "foregroundDeletion";
        private const string Orphan = "orphan";

        private readonly GarbageCollector _all;

        public Collector(ControllerContext context, ResourceType type, GarbageCollector all)
            : base(context)
        {
            (Type, _all) = (type, all);
            Objects = Follow(type);
        }

        public ResourceType Type { get; }

        public ObjectCache Objects { get; }

        public IEnumerable<JsonObject> Dependents(string uid) =>
            Objects.All.Where(value => value.Items("metadata", "ownerReferences").Any(owner => owner.Text("uid") == uid));

        public void AddDependents(string uid)
        {
            foreach (JsonObject dependent in Dependents(uid))
            {
                Queue.Add(ObjectKey.Of(dependent));
            }
        }

        public override void Changed(ResourceType type, JsonObject? before, JsonObject? after)
        {
            JsonObject value = (after ?? before)!;
            if (after is null)
            {
                _all.OwnerChanged(value.Uid());
                foreach (JsonObject owner in value.Items("metadata", "ownerReferences"))
                {
                    _all.CollectorOf(owner)?.Queue.Add(new ObjectKey(value.Namespace(), owner.Text("name")));
                }
            }
            else if (value.At("metadata", "ownerReferences") is JsonArray { Count: > 0 } || value.IsTerminating())
            {
                Queue.Add(ObjectKey.Of(value));
            }
        }

        protected override async Task ReconcileAsync(ObjectKey key, CancellationToken cancellation)
        {
            if (Objects.Find(key) is not { } value)
            {
                return;
            }

            if (value.IsTerminating())
            {
                await FinishAsync(value, cancellation);
                return;
            }

            List<JsonObject> owners = [.. value.Items("metadata", "ownerReferences")];
            bool held = false;
            foreach (JsonObject owner in owners)
            {
                held |= await ExistsAsync(key.Namespace, owner, cancellation);
            }

            if (owners.Count > 0 && !held)
            {
                await Client.DeleteAsync(Type, key.Namespace, key.Name, cancellation, uid: value.Uid());
            }
        }

        private async Task FinishAsync(JsonObject owner, CancellationToken cancellation)
        {
            List<string> finalizers = [.. owner.Texts("metadata", "finalizers")];
            List<(ResourceType Type, JsonObject Value)> dependents = [.. _all.Dependents(owner.Uid())];
            if (finalizers.Contains(Foreground))
            {
                foreach ((ResourceType type, JsonObject dependent) in dependents.Where(entry => !entry.Value.IsTerminating()))
                {
                    await Client.DeleteAsync(type, dependent.Namespace(), dependent.Name(), cancellation, uid: dependent.Uid());
                }

                if (dependents.Count == 0)
                {
                    await RemoveFinalizerAsync(owner, finalizers, Foreground, cancellation);
                }
            }
            else if (finalizers.Contains(Orphan))
            {
                foreach ((ResourceType type, JsonObject dependent) in dependents)
                {
                    JsonArray rest = [.. dependent.Items("metadata", "ownerReferences").Where(r => r.Text("uid") != owner.Uid()).Select(r => r.DeepClone())];
                    JsonObject patch = new() { ["metadata"] = new JsonObject { ["ownerReferences"] = rest } };
                    await Client.PatchAsync(type, ObjectKey.Of(dependent), PatchKind.Merge, patch, cancellation);
                }

                await RemoveFinalizerAsync(owner, finalizers, Orphan, cancellation);
            }
        }

        private Task<JsonObject> RemoveFinalizerAsync(JsonObject owner, List<string> finalizers, string done, CancellationToken cancellation)
        {
            JsonArray rest = [.. finalizers.Where(name => name != done).Select(name => (JsonNode)name)];
            JsonObject patch = new()
            {
                ["metadata"] = new JsonObject { ["finalizers"] = rest, ["resourceVersion"] = owner.ResourceVersion() },
            };
            return Client.PatchAsync(Type, ObjectKey.Of(owner), PatchKind.Merge, patch, cancellation);
        }

        // The cache may be behind a creation, so an owner that it does not show is asked for before anything is deleted.
        private async Task<bool> ExistsAsync(string ns, JsonObject reference, CancellationToken cancellation)
        {
            if (_all.CacheOf(reference.Text("apiVersion"), reference.Text("kind")) is not { } cache)
            {
                // Not a type that we follow: somebody else's to judge.
                return true;
            }

            string uid = reference.Text("uid");
            JsonObject? owner = cache.Find(new ObjectKey(ns, reference.Text("name")));
            if (owner is null || owner.Uid() != uid)
            {
                owner = await Client.FindAsync(cache.Type, ns, reference.Text("name"), cancellation);
            }

            return owner is not null && owner.Uid() == uid;
        }
    }

    private Collector? CollectorOf(JsonObject reference) => _collectors.FirstOrDefault(
        collector => collector.Type.ApiVersion == reference.Text("apiVersion") && collector.Type.Kind == reference.Text("kind"));
}
