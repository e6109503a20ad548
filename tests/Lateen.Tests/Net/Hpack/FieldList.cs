using System.Text;
using Lateen.Net.Hpack;

namespace Lateen.Tests.Net.Hpack;

/// <summary>Keeps the fields of a block as text.</summary>
internal sealed class FieldList : IFieldSink
{
    public List<string> Fields { get; } = [];

    public void OnField(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value) =>
        Fields.Add($"{Encoding.Latin1.GetString(name)}: {Encoding.Latin1.GetString(value)}");
}
