using Lateen.Api;

namespace Lateen.Proxy.Runtime;

/// <summary>The names of resources that the configuration in force refers to, by type. Used under the server's lock.</summary>
internal sealed class Subscriptions(ClusterSet clusters, ListenerSet listeners)
{
    /// <summary>Stands for a type: secrets that come from the agent of this process.</summary>
    public const string LocalSecrets = "local secrets";

    private readonly Dictionary<string, IReadOnlyCollection<string>> _names = [];

    /// <summary>EDS service names of the clusters, RDS names of the listeners, secrets of both; empty for wildcard types.</summary>
    public IReadOnlyCollection<string> Of(string type) => _names.GetValueOrDefault(type) ?? [];

    /// <summary>Takes what the configuration refers to now; returns the types of which it is something else than before.</summary>
    public List<string> Update()
    {
        List<string> changed = [];
        foreach ((string type, IReadOnlyCollection<string> names) in new[]
        {
            (TypeUrls.ClusterLoadAssignment, clusters.ServiceNames),
            (TypeUrls.RouteConfiguration, listeners.RouteNames),
            (TypeUrls.Secret, SecretNames(isLocal: false)),
            (LocalSecrets, SecretNames(isLocal: true)),
        })
        {
            if (!names.SequenceEqual(Of(type)))
            {
                _names[type] = names;
                changed.Add(type);
            }
        }
        return changed;
    }

    private List<string> SecretNames(bool isLocal) => [.. clusters.Secrets.Concat(listeners.Secrets).Where(s => s.IsLocal == isLocal)
        .Select(s => s.Name).Distinct().Order(StringComparer.Ordinal)];
}
