using Google.Protobuf.WellKnownTypes;
using Lateen.Proxy.Compile;
using EnvoyMetadata = Envoy.Type.Matcher.V3.MetadataMatcher;

namespace Lateen.Proxy.Filters.Metadata;

/// <summary>envoy.type.matcher.v3.MetadataMatcher, compiled: a value below a path of keys in one filter's struct.</summary>
internal sealed class MetadataMatcher
{
    public required string Filter { get; init; }

    public required string[] Path { get; init; }

    public required ValueMatcher Value { get; init; }

    public bool Invert { get; init; }

    public bool Matches(StreamMetadata? metadata) => Value.Matches(Find(metadata?[Filter])) != Invert;

    public static MetadataMatcher? Compile(CompileScope scope, EnvoyMetadata matcher, string path)
    {
        if (matcher.Path.Any(segment => segment.Key.Length == 0))
        {
            scope.Refuse(path + ".path", "every segment must be a key");
            return null;
        }
        return ValueMatcher.Compile(scope, matcher.Value ?? new(), path + ".value") is { } value
            ? new MetadataMatcher { Filter = matcher.Filter, Path = [.. matcher.Path.Select(s => s.Key)], Value = value, Invert = matcher.Invert }
            : null;
    }

    private Value? Find(Struct? fields)
    {
        Value? value = null;
        foreach (string key in Path)
        {
            if (fields is null || !fields.Fields.TryGetValue(key, out value))
            {
                return null;
            }
            fields = value.KindCase == Google.Protobuf.WellKnownTypes.Value.KindOneofCase.StructValue ? value.StructValue : null;
        }
        return value;
    }
}
