using Google.Protobuf;

namespace Lateen.Proxy.Compile;

/// <summary>Parts of a message as they were received.</summary>
internal static class ReceivedFields
{
    /// <summary>The values of a repeated message field in the order in which they came; they are parts of the message's own memory.</summary>
    /// <param name="message">The message that has the field.</param>
    /// <param name="number">The field's number.</param>
    /// <exception cref="InvalidProtocolBufferException">The bytes are no message.</exception>
    public static List<ReadOnlyMemory<byte>> Of(ByteString message, int number)
    {
        uint wanted = WireFormat.MakeTag(number, WireFormat.WireType.LengthDelimited);
        List<ReadOnlyMemory<byte>> found = [];
        using CodedInputStream input = message.CreateCodedInput();
        while (input.ReadTag() is not 0 and var tag)
        {
            if (tag == wanted)
            {
                int length = input.ReadBytes().Length;
                found.Add(message.Memory.Slice((int)input.Position - length, length));
            }
            else
            {
                input.SkipLastField();
            }
        }
        return found;
    }
}
