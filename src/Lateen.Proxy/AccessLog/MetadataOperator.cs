using System.Text;
using Google.Protobuf.WellKnownTypes;

namespace Lateen.Proxy.AccessLog;

/// <summary>%METADATA(type:namespace:key..)% and %CLUSTER_METADATA(namespace:key..)%: what configuration attached to cluster or route.</summary>
internal static class MetadataOperator
{
    public static LogOperator Parse(string name, string argument, int maximum)
    {
        string[] parts = argument.Split(':');
        (string type, string[] path) = name == "METADATA" ? (parts[0], parts[1..]) : ("CLUSTER", parts);
        Func<StreamInfo, IDictionary<string, Struct>?> source = type switch
        {
            "CLUSTER" => static i => i.Cluster?.Config?.Metadata,
            "ROUTE" => static i => i.RouteMetadata,
            _ => static _ => null,
        };
        return new LogOperator(
            (ref LogWriter writer, StreamInfo info, Workers.ProxyWorker _) =>
            {
                if (source(info) is { } metadata && path.Length > 0 && metadata.TryGetValue(path[0], out Struct? found))
                {
                    writer.PutText(Encoding.UTF8.GetBytes(Text(found, path.AsSpan(1))));
                }
            },
            false,
            maximum);
    }

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
