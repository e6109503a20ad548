using Google.Protobuf;

namespace Lateen.Proxy.Compile;

/// <summary>Parts of a message as they were received.</summary>
internal static class ReceivedFields
{
    /// <summary>Where the values of a repeated message field are, in the order in which they came.</summary>
    /// <param name="message">The message that has the field.</param>
    /// <param name="number">The field's number.</param>
    /// <exception cref="InvalidProtocolBufferException">The bytes are no message.</exception>
    public static List<Range> Of(byte[] message, int number)
    {
        uint wanted = WireFormat.MakeTag(number, WireFormat.WireType.LengthDelimited);
        List<Range> found = [];
        using CodedInputStream input = new(message);
        while (input.ReadTag() is not 0 and var tag)
        {
            if (tag == wanted)
            {
                int length = input.ReadBytes().Length;
                found.Add(new Range((int)input.Position - length, (int)input.Position));
            }
            else
            {
                input.SkipLastField();
            }
        }
        return found;
    }
}
