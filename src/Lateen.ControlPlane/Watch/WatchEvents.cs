using Lateen.Config.Sources.Kubernetes;
using Lateen.ControlPlane.Debug;

namespace Lateen.ControlPlane.Watch;

/// <summary>What came of one object.</summary>
internal enum WatchEventName
{
    Add,
    Update,
    Delete,
}

/// <summary>Counts what the watches tell, by Istio's names of kinds and events.</summary>
internal static class WatchEvents
{
    public static void Count(EventCounters events, ResourceType type, WatchEventName what)
    {
        var name = what switch { WatchEventName.Add => "add", WatchEventName.Update => "update", _ => "delete" };
        var (metric, kind, update) =
            type == ResourceTypes.Services ? (EventCounters.RegistryEvents, "Services", what == WatchEventName.Delete ? "svcdelete" : "svc")
            : type == ResourceTypes.EndpointSlices ? (EventCounters.RegistryEvents, "EndpointSlice", "eds")
            : type == ResourceTypes.Pods ? (EventCounters.RegistryEvents, "Pods", "")
            : type == ResourceTypes.Nodes ? (EventCounters.RegistryEvents, "Nodes", "")
            : (EventCounters.ConfigEvents, type.Kind, "config");
        events.Count(metric, $"{MetricText.Label("event", name)},{MetricText.Label("type", kind)}");
        if (update.Length > 0)
        {
            events.Count(EventCounters.InboundUpdates, MetricText.Label("type", update));
        }
    }
}
