using System.Text.Json.Nodes;
using Lateen.Config.Sources.Kubernetes;
using Microsoft.Extensions.Logging;

namespace Lateen.Sandbox.Controllers;

/// <summary>The caches of all types that a component follows, and the informers that fill them.</summary>
internal sealed class ClusterCache
{
    private readonly KubernetesClient _client;
    private readonly TimeProvider _time;
    private readonly Random _random;
    private readonly ILogger _logger;
    private readonly Dictionary<ResourceType, (ObjectCache Cache, Informer<JsonObject> Informer)> _types = [];

    public ClusterCache(KubernetesClient client, TimeProvider time, Random random, ILogger logger)
    {
        (_client, _time, _random, _logger) = (client, time, random, logger);
    }

    /// <summary>The cache of a type; asked for before <see cref="RunAsync"/> it is filled from then on.</summary>
    /// <param name="selector">Which objects, at the first request for the type; null for all.</param>
    public ObjectCache Of(ResourceType type, ObjectSelector? selector = null)
    {
        if (!_types.TryGetValue(type, out (ObjectCache Cache, Informer<JsonObject> Informer) entry))
        {
            ObjectCache cache = new(type);
            InformerOptions options = new() { Selector = selector ?? ObjectSelector.All };
            entry = (cache, new Informer<JsonObject>(
                _client, type, options, ObjectCache.Materialize, cache, _time, _random, _logger));
            _types.Add(type, entry);
        }

        return entry.Cache;
    }

    /// <summary>Completes when every cache has its first list.</summary>
    public Task HasSynced => Task.WhenAll(_types.Values.Select(entry => entry.Informer.HasSynced));

    /// <summary>Fills the caches until cancelled.</summary>
    public Task RunAsync(CancellationToken cancellation) =>
        Task.WhenAll(_types.Values.Select(entry => entry.Informer.RunAsync(cancellation)));
}
