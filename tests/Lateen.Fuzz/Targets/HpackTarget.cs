using Lateen.Net.Hpack;

namespace Lateen.Fuzz.Targets;

/// <summary>Field blocks: what decodes can be encoded, and then decodes to the same fields; the table stays within its limit.</summary>
internal sealed class HpackTarget : FuzzTarget
{
    public override string Name => "hpack";

    public override byte[][] Seeds =>
    [
        Convert.FromHexString("828684418cf1e3c2e5f23a6ba0ab90f4ff"),
        Convert.FromHexString("828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf"),
        Convert.FromHexString("3fe10182000161016240016301640f2f0162"),
        Convert.FromHexString("488264025885aec3771a4b6196d07abe941054d444a8200595040b8166e082a62d1bff6e919d29ad171863c78f0b97c8e9ae82ae43d3"),
    ];

    public override void Check(byte[] input, Random random)
    {
        HpackDecoder decoder = new(4096, new byte[64 * 1024]);
        Fields fields = new();
        int half = random.Next(input.Length + 1);
        // Two blocks on one table: the second refers to what the first has left.
        if (!decoder.TryDecode(input.AsSpan(0, half), fields) || !decoder.TryDecode(input.AsSpan(half), fields))
        {
            return;
        }
        HpackEncoder encoder = new();
        HpackDecoder back = new(4096, new byte[64 * 1024]);
        for (int round = 0; round < 3; round++)
        {
            byte[] block = new byte[fields.List.Sum(f => f.Name.Length + f.Value.Length + HpackEncoder.FieldOverhead) + 16];
            int n = encoder.Begin(block);
            foreach ((byte[] name, byte[] value) in fields.List)
            {
                n += encoder.Write(block.AsSpan(n), name, value);
            }
            Fields seen = new();
            Require(back.TryDecode(block.AsSpan(0, n), seen), "our own block does not decode");
            Require(
                seen.List.Count == fields.List.Count && seen.List.Zip(fields.List).All(p => p.First.Name.SequenceEqual(p.Second.Name) && p.First.Value.SequenceEqual(p.Second.Value)),
                "our own block decodes to other fields");
        }
    }

    private sealed class Fields : IFieldSink
    {
        public List<(byte[] Name, byte[] Value)> List { get; } = [];

        public void OnField(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value) => List.Add((name.ToArray(), value.ToArray()));
    }
}
