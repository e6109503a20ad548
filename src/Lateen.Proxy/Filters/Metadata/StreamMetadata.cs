using Google.Protobuf.WellKnownTypes;

namespace Lateen.Proxy.Filters.Metadata;

/// <summary>What filters tell each other of one request (Envoy: dynamic metadata): a struct per filter.</summary>
/// <remarks>Made on the first write; the structs are shared and never changed, so that a token that was seen before costs nothing.</remarks>
internal sealed class StreamMetadata
{
    private readonly Dictionary<string, Struct> _filters = new(StringComparer.Ordinal);

    public Struct? this[string filter]
    {
        get => _filters.GetValueOrDefault(filter);
        set => _filters[filter] = value!;
    }

    /// <summary>Adds to what a filter has told before; the same fields anew replace the old ones.</summary>
    public void Merge(string filter, Struct fields)
    {
        if (!_filters.TryGetValue(filter, out Struct? before))
        {
            _filters[filter] = fields;
            return;
        }
        Struct joined = before.Clone();
        foreach ((string key, Value value) in fields.Fields)
        {
            joined.Fields[key] = value;
        }
        _filters[filter] = joined;
    }

    /// <summary>Takes over what another holds.</summary>
    public void CopyFrom(StreamMetadata other)
    {
        foreach ((string filter, Struct fields) in other._filters)
        {
            _filters[filter] = fields;
        }
    }

    public void Clear() => _filters.Clear();
}
