using System.Net;

namespace Lateen.Sandbox.Dns;

/// <summary>Record types by their numbers (RFC 1035 3.2.2, RFC 3596, RFC 2782).</summary>
internal enum DnsType : ushort
{
    A = 1,
    Cname = 5,
    Soa = 6,
    Ptr = 12,
    Aaaa = 28,
    Srv = 33,
    Opt = 41,
    Any = 255,
}

/// <summary>How a question was answered (RFC 1035 4.1.1, RCODE).</summary>
internal enum DnsCode
{
    Success = 0,
    FormatError = 1,
    ServerFailure = 2,
    NoSuchName = 3,
    NotImplemented = 4,
}

/// <summary>What is asked: a name in lower case without its last dot, and a type.</summary>
internal readonly record struct DnsQuestion(string Name, DnsType Type);

/// <summary>One record of an answer.</summary>
internal abstract record DnsRecord(string Name, DnsType Type);

/// <summary>The address of a name.</summary>
internal sealed record AddressRecord(string Name, IPAddress Address) : DnsRecord(Name, DnsType.A);

/// <summary>Another name: CNAME or PTR.</summary>
internal sealed record NameRecord(string Name, DnsType Type, string Target) : DnsRecord(Name, Type);

/// <summary>Where a service's port is (RFC 2782).</summary>
internal sealed record ServiceRecord(string Name, int Priority, int Weight, int Port, string Target) : DnsRecord(Name, DnsType.Srv);

/// <summary>An answer: records may be none though the name exists.</summary>
internal sealed record DnsAnswer(DnsCode Code, IReadOnlyList<DnsRecord> Records, IReadOnlyList<DnsRecord> Additional)
{
    public static readonly DnsAnswer NoSuchName = new(DnsCode.NoSuchName, [], []);

    public static readonly DnsAnswer Empty = new(DnsCode.Success, [], []);

    public static DnsAnswer Of(IReadOnlyList<DnsRecord> records) => new(DnsCode.Success, records, []);
}
