using System.Globalization;
using System.Text.Json.Nodes;
using Lateen.Config.Sources.Kubernetes;

namespace Lateen.ControlPlane.Leadership;

/// <summary>What a replica makes of a Lease that it reads: whether it may hold it, and the Lease that says so. Pure.</summary>
/// <remarks>
/// Clocks of machines differ, so nobody compares the holder's time with his own: a Lease has lapsed when its renewTime was not seen to change
/// for its duration, measured by the one who watches.
/// </remarks>
internal sealed class LeaseClaim(string identity, TimeSpan duration)
{
    private string _seen = "";
    private DateTimeOffset _seenAt;

    /// <summary>The Lease to store, taken or renewed; null while somebody else holds it.</summary>
    public JsonObject? Claim(JsonObject lease, DateTimeOffset now)
    {
        var (holder, renewed) = (lease.Text("spec", "holderIdentity"), lease.Text("spec", "renewTime"));
        if (_seen != $"{holder} {renewed}")
        {
            (_seen, _seenAt) = ($"{holder} {renewed}", now);
        }

        var own = holder == identity;
        if (!own && holder.Length > 0 && now - _seenAt < duration)
        {
            return null;
        }

        var next = (JsonObject)lease.DeepClone();
        next["spec"] = Spec(
            own ? lease.Text("spec", "acquireTime") : Time(now), now, (lease.Number("spec", "leaseTransitions") ?? 0) + (own ? 0 : 1));
        return next;
    }

    /// <summary>A Lease that nobody had.</summary>
    public JsonObject New(string ns, string name, DateTimeOffset now) => new()
    {
        ["apiVersion"] = "coordination.k8s.io/v1",
        ["kind"] = "Lease",
        ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = ns },
        ["spec"] = Spec(Time(now), now, 0),
    };

    /// <summary>The own Lease given up, so that nobody has to wait until it lapses; null when it is not ours.</summary>
    public JsonObject? Release(JsonObject lease)
    {
        if (lease.Text("spec", "holderIdentity") != identity)
        {
            return null;
        }

        var next = (JsonObject)lease.DeepClone();
        next["spec"]!["holderIdentity"] = "";
        return next;
    }

    private JsonObject Spec(string acquired, DateTimeOffset now, long transitions) => new()
    {
        ["holderIdentity"] = identity,
        ["leaseDurationSeconds"] = (int)duration.TotalSeconds,
        ["acquireTime"] = acquired,
        ["renewTime"] = Time(now),
        ["leaseTransitions"] = transitions,
    };

    // coordination.k8s.io MicroTime.
    private static string Time(DateTimeOffset time) => time.ToString("yyyy-MM-ddTHH:mm:ss.ffffffZ", CultureInfo.InvariantCulture);
}
