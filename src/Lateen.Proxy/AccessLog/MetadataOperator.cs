using System.Text;
using Google.Protobuf.WellKnownTypes;

namespace Lateen.Proxy.AccessLog;

/// <summary>
/// %METADATA(type:namespace:key..)%, %CLUSTER_METADATA(namespace:key..)% and %DYNAMIC_METADATA(namespace:key..)%: what configuration attached to
/// cluster or route, and what filters have told of the stream.
/// </summary>
internal static class MetadataOperator
{
    public static LogOperator Parse(string name, string argument, int maximum)
    {
        string[] parts = argument.Split(':');
        (string type, string[] path) = name == "METADATA" ? (parts[0], parts[1..]) : (name[..name.IndexOf('_', StringComparison.Ordinal)], parts);
        Func<StreamInfo, string, Struct?> source = type switch
        {
            "CLUSTER" => static (i, filter) => Find(i.Cluster?.Config?.Metadata, filter),
            "ROUTE" => static (i, filter) => Find(i.RouteMetadata, filter),
            "DYNAMIC" => static (i, filter) => i.Metadata?[filter],
            _ => static (_, _) => null,
        };
        return new LogOperator(
            (ref LogWriter writer, StreamInfo info, Workers.ProxyWorker _) =>
            {
                if (path.Length > 0 && source(info, path[0]) is { } found)
                {
                    writer.PutText(Encoding.UTF8.GetBytes(Text(found, path.AsSpan(1))));
                }
            },
            false,
            maximum);
    }

    private static Struct? Find(IDictionary<string, Struct>? metadata, string filter) =>
        metadata is not null && metadata.TryGetValue(filter, out Struct? found) ? found : null;

    private static string Text(Struct found, ReadOnlySpan<string> keys)
    {
        Value value = Value.ForStruct(found);
        foreach (string key in keys)
        {
            if (value.StructValue?.Fields.TryGetValue(key, out Value? inner) != true)
            {
                return "";
            }
            value = inner!;
        }
        return value.KindCase == Value.KindOneofCase.StringValue ? value.StringValue : value.ToString();
    }
}
