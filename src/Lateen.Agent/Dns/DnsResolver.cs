using Istio.Networking.Nds.V1;
using Lateen.Net.Dns;

namespace Lateen.Agent.Dns;

/// <summary>Answers DNS queries: the mesh's names from the name table, everything else by asking upstream.</summary>
/// <remarks>A known host without an address of the asked kind is answered empty, so that IPv6 queries do not leak to servers that would say "no such name".</remarks>
internal sealed class DnsResolver(IDnsUpstream upstream, string ownNamespace, string ownDomain, string search, Random random)
{
    private volatile NameTableIndex? _table;
    private long _requests, _upstreamRequests, _upstreamFailures;

    /// <summary>The names in force, null before the first table.</summary>
    public NameTableIndex? Table => _table;

    public long Requests => Interlocked.Read(ref _requests);

    public long UpstreamRequests => Interlocked.Read(ref _upstreamRequests);

    public long UpstreamFailures => Interlocked.Read(ref _upstreamFailures);

    public void Update(NameTable table) => _table = new NameTableIndex(table, ownNamespace, ownDomain, search);

    /// <summary>The answer to a query; null to one that is no DNS message and gets none.</summary>
    public async ValueTask<byte[]?> AnswerAsync(ReadOnlyMemory<byte> query, bool overTcp, CancellationToken cancellation)
    {
        if (DnsQuestion.Parse(query.Span) is not { } question)
        {
            return null;
        }
        Interlocked.Increment(ref _requests);
        int maximum = overTcp ? ushort.MaxValue : question.PayloadSize;
        if (question.Name.Length == 0 || _table is not { } table)
        {
            return DnsAnswer.Write(query.Span, question, DnsAnswer.ServerFailure, [], maximum);
        }
        if (question.Type is DnsQuestion.A or DnsQuestion.Aaaa && table.Find(question.Name, question.Type, random) is { } records)
        {
            return DnsAnswer.Write(query.Span, question, DnsAnswer.NoError, records, maximum);
        }
        Interlocked.Increment(ref _upstreamRequests);
        byte[]? answer = await upstream.AskAsync(query, overTcp, maximum, cancellation).ConfigureAwait(false);
        if (answer is null)
        {
            Interlocked.Increment(ref _upstreamFailures);
            return DnsAnswer.Write(query.Span, question, DnsAnswer.ServerFailure, [], maximum);
        }
        return answer;
    }
}

/// <summary>The servers behind the agent.</summary>
internal interface IDnsUpstream
{
    /// <summary>The first usable answer, null when none came; one over UDP that is longer than the client takes is none.</summary>
    ValueTask<byte[]?> AskAsync(ReadOnlyMemory<byte> query, bool overTcp, int maximum, CancellationToken cancellation);
}
