using Lateen.Sandbox.Dns;

namespace Lateen.Fuzz.Targets;

/// <summary>DNS questions: what can be read has a name that fits, and can be asked again in the same words.</summary>
internal sealed class DnsTarget : FuzzTarget
{
    public override string Name => "dns";

    public override byte[][] Seeds =>
    [
        [0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, (byte)'a', 3, (byte)'s', (byte)'v', (byte)'c', 0, 0, 1, 0, 1],
        [0, 2, 1, 0, 0, 1, 0, 0, 0, 0, 0, 1, 1, (byte)'a', 0, 0, 28, 0, 1, 0, 0, 41, 16, 0, 0, 0, 0, 0, 0, 0],
    ];

    public override void Check(byte[] input, Random random)
    {
        DnsQuestion? question = DnsMessage.ReadQuestion(input, out int size);
        Require(size is >= 512 and <= 4096, $"size {size}");
        if (question is not null)
        {
            Require(question.Value.Name.Length <= 253, "a name longer than RFC 1035 2.3.4 allows");
            DnsQuestion? again = DnsMessage.ReadQuestion([.. input, 0], out _);
            Require(again is not null && again.Value.Name == question.Value.Name, "a byte behind the message changes its question");
        }
    }
}
