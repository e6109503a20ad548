using System.Globalization;
using System.Text.Json.Nodes;
using Lateen.Config.Sources.Kubernetes;

namespace Lateen.Sandbox.Controllers;

/// <summary>One version of a deployment, as far as a rolling update looks at it.</summary>
/// <param name="Name">The ReplicaSet.</param>
/// <param name="Wanted">Replicas asked for.</param>
/// <param name="Available">Replicas that serve.</param>
internal readonly record struct VersionCount(string Name, int Wanted, int Available);

/// <summary>How far each version may be scaled next (Kubernetes documentation, "Deployments", "Rolling Update Deployment").</summary>
/// <remarks>Never more than replicas + maxSurge pods, and never fewer than replicas - maxUnavailable that serve.</remarks>
internal static class RollingUpdate
{
    /// <summary>The limits of a deployment, in pods.</summary>
    public static (int Surge, int Unavailable) Limits(JsonObject deployment, int replicas)
    {
        JsonNode? rolling = deployment.At("spec", "strategy", "rollingUpdate");
        int surge = Share(rolling?["maxSurge"], replicas, up: true);
        int unavailable = Share(rolling?["maxUnavailable"], replicas, up: false);
        return (surge, surge == 0 && unavailable == 0 ? 1 : unavailable);
    }

    /// <summary>The sizes to ask for now; versions that keep theirs are left out.</summary>
    /// <param name="replicas">How many the deployment asks for.</param>
    /// <param name="current">The version of the current template.</param>
    /// <param name="old">The others, oldest first.</param>
    public static IReadOnlyDictionary<string, int> Next(
        int replicas, (int Surge, int Unavailable) limits, VersionCount current, IReadOnlyList<VersionCount> old)
    {
        Dictionary<string, int> next = [];
        int total = current.Wanted + old.Sum(version => version.Wanted);
        int room = replicas + limits.Surge - total;
        int grown = current.Wanted > replicas ? replicas : Math.Min(replicas, current.Wanted + Math.Max(room, 0));
        if (grown != current.Wanted)
        {
            next[current.Name] = grown;
            // What grows now takes the room; the old ones shrink when it serves.
            if (grown > current.Wanted)
            {
                return next;
            }
        }

        // Pods of old versions that do not serve are no loss; those that do may go as far as enough others serve.
        int spare = total - (replicas - limits.Unavailable) - (current.Wanted - current.Available);
        foreach (VersionCount version in old)
        {
            int idle = Math.Min(Math.Max(spare, 0), Math.Max(version.Wanted - version.Available, 0));
            spare -= idle;
            Shrink(version, idle);
        }

        int serving = current.Available + old.Sum(version => version.Available);
        spare = Math.Min(spare, serving - (replicas - limits.Unavailable));
        foreach (VersionCount version in old)
        {
            int count = Math.Min(Math.Max(spare, 0), next.GetValueOrDefault(version.Name, version.Wanted));
            spare -= count;
            Shrink(version, count);
        }

        return next;

        void Shrink(VersionCount version, int count)
        {
            if (count > 0)
            {
                next[version.Name] = next.GetValueOrDefault(version.Name, version.Wanted) - count;
            }
        }
    }

    private static int Share(JsonNode? value, int replicas, bool up)
    {
        string text = value.Text();
        if (text.EndsWith('%') && int.TryParse(text[..^1], NumberStyles.None, CultureInfo.InvariantCulture, out int percent))
        {
            double exact = replicas * percent / 100.0;
            return (int)(up ? Math.Ceiling(exact) : Math.Floor(exact));
        }

        return (int)(value.Number() ?? 0);
    }
}
