namespace Lateen.Net.Hpack;

/// <summary>Takes the fields of a block one by one. The spans are valid during the call only.</summary>
internal interface IFieldSink
{
    void OnField(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value);
}
