using Google.Protobuf.WellKnownTypes;
using Lateen.Net.ProxyProtocol;
using Lateen.Proxy.Filters.Metadata;
using Lateen.Proxy.TransportSockets;

namespace Lateen.Proxy.Listeners;

/// <summary>The listener filter proxy_protocol, compiled: connections begin with a header that says who the client is.</summary>
internal sealed record ProxyProtocolConfig
{
    /// <summary>allow_requests_without_proxy_protocol: a stream that begins otherwise is taken as it is.</summary>
    public bool AllowsAbsence { get; init; }

    public bool RefusesVersion1 { get; init; }

    public bool RefusesVersion2 { get; init; }

    /// <summary>Records kept for an upstream that passes them on; null: none.</summary>
    public RecordTypes? Kept { get; init; }

    /// <summary>Records that become metadata, for access rules.</summary>
    public (byte Type, string Namespace, string Key)[] Rules { get; init; } = [];

    public bool Accepts(in ProxyHeader header) => !(header.Version == 1 ? RefusesVersion1 : RefusesVersion2);

    /// <summary>Writes to the connection what the header says.</summary>
    public void Apply(in ProxyHeader header, DownstreamConnection connection)
    {
        if (!header.HasAddresses)
        {
            return;
        }
        (connection.Remote, connection.Local) = (header.Source, header.Destination);
        if (Kept is { } types)
        {
            connection.ProxyRecords = ProxyRecords.Select(header.Records, types.Includes);
        }
        ReadOnlySpan<byte> records = header.Records;
        while (Rules.Length > 0 && ProxyRecords.TryNext(ref records, out byte type, out ReadOnlySpan<byte> value))
        {
            foreach ((byte wanted, string name, string key) in Rules)
            {
                if (wanted == type)
                {
                    Struct fields = (connection.Metadata ??= new StreamMetadata())[name]?.Clone() ?? new Struct();
                    fields.Fields[key] = Value.ForString(System.Text.Encoding.UTF8.GetString(value));
                    connection.Metadata[name] = fields;
                }
            }
        }
    }
}

/// <summary>The listener filter original_src, compiled: hosts see the client's address.</summary>
/// <param name="KeepsPort">bind_port.</param>
/// <param name="Mark">SO_MARK of the connections to hosts, by which routing brings their packets back here; 0: none.</param>
internal sealed record OriginalSourceConfig(bool KeepsPort, uint Mark);
