using System.Net;
using Lateen.Net.Dns;

namespace Lateen.Fuzz.Targets;

/// <summary>Queries of the sidecar's DNS proxy: a name fits, and the answer repeats the question and stays within the client's size.</summary>
internal sealed class DnsProxyTarget : FuzzTarget
{
    // RFC 1035 2.3.4: 255 octets on the wire, which is one more than in text with the final dot.
    private const int LongestName = 254;

    public override string Name => "dns-proxy";

    public override byte[][] Seeds =>
    [
        [0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, (byte)'a', 3, (byte)'s', (byte)'v', (byte)'c', 0, 0, 1, 0, 1],
        [0, 2, 1, 0, 0, 1, 0, 0, 0, 0, 0, 1, 1, (byte)'a', 0, 0, 28, 0, 1, 0, 0, 41, 16, 0, 0, 0, 0, 0, 0, 0],
        [0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        [0, 4, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, .. LongLabel, .. LongLabel, .. LongLabel, 61, .. LongLabel.AsSpan(1, 61), 0, 0, 1, 0, 1],
    ];

    private static byte[] LongLabel => [63, .. Enumerable.Repeat((byte)'x', 63)];

    public override void Check(byte[] input, Random random)
    {
        if (DnsQuestion.Parse(input) is not { } question)
        {
            return;
        }
        Require(question.Name.Length <= LongestName, $"a name of {question.Name.Length}, longer than RFC 1035 2.3.4 allows");
        Require(question.End >= DnsQuestion.HeaderLength && question.End <= input.Length, "the question ends outside of the message");
        Require(question.PayloadSize is >= 512 and <= ushort.MaxValue, $"size {question.PayloadSize}");
        DnsRecord[] records = [.. Enumerable.Range(0, random.Next(80)).Select(i => new DnsRecord(question.Name, 30, new IPAddress([10, 0, 0, (byte)i]), null))];
        byte[] answer = DnsAnswer.Write(input, question, DnsAnswer.NoError, records, question.PayloadSize);
        Require(answer.Length <= Math.Max(question.PayloadSize, question.End), "an answer longer than the client takes");
        Require((answer[2] & 0x80) != 0 && DnsQuestion.Parse(answer) is null, "an answer could be taken for a query");
        Require(answer.AsSpan(DnsQuestion.HeaderLength, question.End - DnsQuestion.HeaderLength).SequenceEqual(
            input.AsSpan(DnsQuestion.HeaderLength, question.End - DnsQuestion.HeaderLength)), "the answer has another question");
        bool isWhole = answer[7] + (256 * answer[6]) == records.Length;
        Require(isWhole != ((answer[2] & 2) != 0), "records are missing and nothing says so, or the other way round");
    }
}
